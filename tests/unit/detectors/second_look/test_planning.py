"""Which road a frame takes, and what is remembered of a camera."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from safety_detector.detectors.qwen.servers.server_states import LocalStates
from safety_detector.detectors.second_look.budget import Bucket, read_bucket, write_bucket
from safety_detector.detectors.second_look.keeping import PlanKeeper
from safety_detector.detectors.second_look.memory import CameraMemory, read_memory, write_memory
from safety_detector.detectors.second_look.planning import (
    LeftOut,
    Plan,
    Policy,
    begin,
    learn,
    plan_frame,
)
from safety_detector.detectors.second_look.suspects import Screened, places_of
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import SubLabel
from tests.unit.detectors.second_look.scenes import (
    SIZE,
    fire,
    look,
    person,
    planned,
    screened,
    smoke,
)

NOTHING = screened()
BARE = person(SubLabel.NO_HELMET)


def full_look(*found: Detection) -> DetectorOutcome:
    """What the model says of a whole frame."""
    return DetectorOutcome(found, DetectorRun("qwen", "a model"))


def test_the_most_urgent_are_asked_about_and_the_rest_is_said() -> None:
    """Fire before smoke before bare heads, what is reported before what is suspected."""
    of = screened(
        person(SubLabel.NO_HELMET), fire(0.5, x=300), smoke(0.9, x=800), weak=(fire(0.3, x=500),)
    )
    _, plan = planned(of, policy=Policy(full_every=0, most_questions=2))
    assert [place.suspects[0].detection.score for place in plan.ask] == [0.5, 0.3]
    assert [why for _, why in plan.left_out] == [LeftOut.LIMIT] * 2


def test_a_fire_and_its_smoke_at_one_place_are_one_question() -> None:
    """People are asked about one by one, and not with the fire before them."""
    of = screened(fire(), smoke(), person(SubLabel.NO_HELMET, x=100))
    _, plan = planned(of)
    assert [(place.question, len(place.suspects)) for place in plan.ask] == [
        (CropQuestion.FIRE_SMOKE, 2),
        (CropQuestion.HELMET, 1),
    ]


@pytest.mark.parametrize("every", [1, 2, 7, 60])
def test_one_frame_in_so_many_is_shown_whole(every: int) -> None:
    """Of each camera, neither more nor less, and of no two cameras always at the same time."""
    policy = Policy(full_every=every)
    shown: dict[str, list[int]] = {}
    for camera in ("gate", "yard", "roof"):
        memory = CameraMemory()
        for number in range(5 * every):
            memory, plan = plan_frame(NOTHING, SIZE, camera, memory, policy, 2.0 * number)
            if plan.full:
                shown.setdefault(camera, []).append(number)
                memory = learn(begin(memory, plan), plan, [], full_look(), 2.0 * number)
    for numbers in shown.values():
        assert len(numbers) == 5
        assert {later - one for one, later in pairwise(numbers)} == {every}
    if every == 60:
        assert len({numbers[0] for numbers in shown.values()}) == 3


def test_a_full_look_that_had_no_room_is_made_up_for() -> None:
    """It is not the next one's turn, so-and-so many frames later."""
    policy = Policy(full_every=60)
    memory, plan = plan_frame(NOTHING, SIZE, "gate", CameraMemory(since_full=59), policy, 1000.0)
    assert plan.full
    plan = plan.within(3, full=False, why=LeftOut.BUDGET)
    assert not plan.full
    assert planned(NOTHING, begin(memory, plan), policy)[1].full


def test_a_full_look_that_failed_is_made_up_for() -> None:
    """Soon, though not with every frame: a server may be in trouble."""
    policy = Policy(full_every=30)
    memory, plan = planned(NOTHING, CameraMemory(since_full=29), policy)
    assert plan.full
    memory = learn(memory, plan, [], None, 1005.0)
    due = []
    for number in range(20):
        now = 1006.0 + 2.0 * number
        memory, plan = planned(NOTHING, memory, policy, now)
        if plan.full:
            due.append(now)
            memory = learn(memory, plan, [], full_look() if len(due) == 2 else None, now + 1.0)
    assert len(due) == 2
    assert 10.0 <= due[0] - 1005.0 <= 14.0
    assert planned(NOTHING, replace(memory, since_full=29, retry_at=1e9), policy, now)[1].full


@pytest.mark.parametrize("takes_s", [0.5, 4.0, 10.0, 19.0])
def test_a_slow_model_is_not_asked_more(takes_s: float) -> None:
    """Frames that come while an answer is waited for do not want the same once more."""
    policy, minutes = Policy(full_every=30), 30
    for of in (NOTHING, screened(fire()), screened(weak=(fire(0.3),))):
        memory, whole, questions = CameraMemory(), 0, 0
        waiting: list[tuple[float, Plan]] = []
        for number in range(30 * minutes):
            now = 1000.0 + 2.0 * number
            while waiting and waiting[0][0] <= now:
                at, plan = waiting.pop(0)
                looks = [look(place, CropAnswer.NEITHER) for place in plan.ask]
                memory = learn(memory, plan, looks, full_look() if plan.full else None, at)
            memory, plan = planned(of, memory, policy, now)
            whole, questions = whole + plan.full, questions + len(plan.ask)
            if plan.full or plan.ask:
                waiting.append((now + takes_s, plan))
        assert whole in (minutes, minutes + 1)
        # Until the first two answers are there every frame asks: a hazard may not wait for them.
        assert bool(of.suspects) <= questions <= (minutes + 2 + takes_s) * bool(of.suspects)


def test_turns_are_counted_from_the_question() -> None:
    """For all who share the memory, though no answer came yet."""
    states = LocalStates()
    keepers = [PlanKeeper(states, Policy(full_every=3), None) for _ in range(2)]
    whole = [keepers[number % 2].plan(NOTHING, SIZE, "gate").full for number in range(9)]
    assert sum(whole) == 3


def test_no_answer_stands_on_for_long_because_it_is_asked_again() -> None:
    """A refutation ends though every new question fails; and at once where one has failed."""
    of, memory = screened(fire()), CameraMemory()
    for now in (1000.0, 1002.0):
        memory, plan = planned(of, memory, now=now)
        memory = learn(memory, plan, [look(one, CropAnswer.NEITHER) for one in plan.ask], None, now)
    memory, plan = planned(of, memory, now=1063.0)
    assert plan.ask
    assert planned(of, memory, now=1065.0)[1].standing
    assert planned(screened(fire(0.9)), memory, now=1065.0)[1].ask
    assert planned(of, learn(memory, plan, [None], None, 1065.0), now=1066.0)[1].ask
    for now in (1063.0, 1070.0, 1077.0, 1081.0):  # asked again and again, never answered
        memory = begin(memory, replace(plan, at=now))
    assert not planned(of, memory, now=1083.0)[1].standing


def test_an_answer_is_as_old_as_its_question() -> None:
    """One that took long says nothing of what came since, and replaces no newer one."""
    of, memory = screened(fire()), CameraMemory()
    memory, first = planned(of, memory, now=1000.0)
    memory, second = planned(of, memory, now=1002.0)
    for plan in (first, second):
        memory = learn(memory, plan, [look(plan.ask[0], CropAnswer.NEITHER)], None, 1055.0)
    ((_, _, age_s),) = planned(of, memory, now=1056.0)[1].standing
    assert age_s == 54.0
    assert planned(of, memory, now=1063.0)[1].ask
    memory, late = planned(of, CameraMemory(), now=1000.0)
    for now in (1002.0, 1004.0):
        memory, plan = planned(of, memory, now=now)
        memory = learn(memory, plan, [look(plan.ask[0], CropAnswer.FIRE)], None, now)
    memory = learn(memory, late, [look(late.ask[0], CropAnswer.NEITHER)], None, 1005.0)
    ((_, known, _),) = planned(of, memory, now=1006.0)[1].standing
    assert known.answer is CropAnswer.FIRE


def test_somebody_whom_only_a_full_look_shows_gets_more_of_them() -> None:
    """Else it would be seen once in so many frames, and never open an incident."""
    policy = Policy(full_every=60)
    memory, full = CameraMemory(since_full=59), []
    for number in range(40):
        now = 2.0 * number
        memory, plan = planned(NOTHING, memory, policy, now)
        full.append(plan.full)
        if plan.full:
            memory = learn(memory, plan, [], full_look(BARE), now)
    assert full[:3] == [True, True, True]
    assert 2 <= sum(full[3:]) <= 6  # then it is enough to see that it lasts
    for number in range(40, 80):
        memory, plan = planned(NOTHING, memory, policy, 2.0 * number)
        if plan.full:
            memory = learn(memory, plan, [], full_look(), 2.0 * number)
    assert not planned(NOTHING, memory, policy, 161.0)[1].full


def said_of(memory: CameraMemory, *said: tuple[float, Detection, CropAnswer]) -> CameraMemory:
    """The memory with answers about what was suspected, by the moment of each."""
    for now, suspect, answer in said:
        (place,) = places_of(screened(suspect))
        plan = Plan(SIZE, ask=(place,), at=now)
        memory = learn(begin(memory, plan), plan, [look(place, answer)], None, now)
    return memory


def test_a_flame_in_smoke_that_was_suspected_is_news() -> None:
    """The screen saw the smoke alone; more looks follow, until the fire's incident can open."""
    memory, plan = planned(screened(smoke()), CameraMemory(since_full=59), Policy(full_every=60))
    memory = learn(memory, plan, [None], full_look(fire(side=80)), 1000.0)
    assert planned(NOTHING, memory, Policy(full_every=60), 1002.0)[1].full


LAMP, CLOUD = fire(), replace(smoke(), box=Box(100, 90, 400, 390))


@pytest.mark.parametrize(
    ("suspect", "answer", "seen", "is_over"),
    [
        (LAMP, CropAnswer.NEITHER, fire(x=110), True),
        (LAMP, CropAnswer.NEITHER, fire(x=80, side=400), True),  # all around it
        (CLOUD, CropAnswer.NEITHER, fire(x=110, side=60), True),  # in it
        (LAMP, CropAnswer.NEITHER, fire(x=160), False),  # beside it: of IoU 0.25
        (LAMP, CropAnswer.NEITHER, replace(BARE, box=LAMP.box), False),
        (BARE, CropAnswer.NO_PERSON, person(SubLabel.NO_HELMET, x=515), True),
        (BARE, CropAnswer.NO_PERSON, person(SubLabel.HELMET), False),
        (BARE, CropAnswer.NO_PERSON, person(SubLabel.NO_HELMET, x=600), False),
    ],
)
def test_a_full_look_that_shows_a_danger_ends_what_was_refuted_there(
    suspect: Detection, answer: CropAnswer, seen: Detection, is_over: bool
) -> None:
    """A fire that breaks out in a lamp's place waits for no second minute."""
    memory = CameraMemory(since_full=58)
    memory = said_of(memory, (1000.0, suspect, answer), (1002.0, suspect, answer))
    of, policy = screened(suspect), Policy(full_every=60)
    memory, plan = planned(of, memory, policy, 1004.0)
    assert (bool(plan.standing), plan.full) == (True, False)
    memory, plan = planned(of, memory, policy, 1006.0)
    assert (bool(plan.standing), plan.full) == (True, True)
    memory = learn(memory, plan, [], full_look(seen), 1006.0)
    assert bool(planned(of, memory, now=1008.0)[1].ask) is is_over
    if is_over:  # what was asked before comes late
        late = said_of(memory, (1001.0, suspect, answer), (1003.0, suspect, answer))
        assert planned(of, late, now=1009.0)[1].ask


def test_a_full_look_that_shows_what_burns_costs_no_question() -> None:
    """What was confirmed stands on."""
    burns = CropAnswer.FIRE
    memory = said_of(CameraMemory(since_full=59), (1000.0, fire(), burns), (1002.0, fire(), burns))
    memory, plan = planned(screened(fire()), memory, Policy(full_every=60), 1004.0)
    memory = learn(memory, plan, [], full_look(fire(x=110)), 1004.0)
    assert planned(screened(fire(x=110)), memory, now=1006.0)[1].standing


def test_an_answer_stands_when_it_was_given_twice() -> None:
    """A fire of a minute takes a few questions; one wrong answer is asked again at once."""
    of, memory, asked = screened(fire()), CameraMemory(), []
    for number in range(31):
        now = 1000 + 2.0 * number
        memory, plan = planned(of, memory, now=now)
        asked.append(bool(plan.ask))
        memory = learn(memory, plan, [look(one, CropAnswer.FIRE) for one in plan.ask], None, now)
    assert asked[:3] == [True, True, False]
    assert sum(asked) <= 5


@pytest.mark.parametrize(
    "then",
    [
        screened(fire(x=300)),  # elsewhere
        screened(fire(0.9)),  # surer than before
        screened(fire(side=250)),  # it has grown
        screened(smoke(0.9)),
    ],
)
def test_a_refusal_stands_for_the_same_suspicion_alone(then: object) -> None:
    """A fire that begins beside a lamp is asked about at once."""
    of, memory = screened(fire(0.6)), CameraMemory()
    for now in (1000.0, 1002.0):
        memory, plan = planned(of, memory, now=now)
        memory = learn(memory, plan, [look(one, CropAnswer.NEITHER) for one in plan.ask], None, now)
    assert planned(of, memory, now=1004.0)[1].standing
    assert planned(then, memory, now=1004.0)[1].ask  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", [CropAnswer.HELMET, CropAnswer.NO_HELMET])
def test_no_answer_about_somebody_stands_for_somebody_else(answer: CropAnswer) -> None:
    """Whoever comes next to the same turnstile is asked about, however like the last one."""
    of, memory = screened(BARE), CameraMemory()
    for number in range(5):
        now = 1000 + 2.0 * number
        memory, plan = planned(of, memory, now=now)
        (place,) = plan.ask
        memory = learn(memory, plan, [look(place, answer)], None, now)


@pytest.mark.parametrize(
    ("then", "is_asked"),
    [
        (screened(BARE), False),
        (screened(person(SubLabel.NO_HELMET, x=508)), False),  # it is not always drawn alike
        (screened(person(SubLabel.NO_HELMET, x=510)), True),  # somebody before it: of IoU 0.78
        (screened(person(SubLabel.NO_HELMET, 0.85)), True),
        (screened(weak=(person(SubLabel.NO_HELMET, 0.3),)), True),  # else the frame were clear
    ],
)
def test_a_thing_that_was_taken_for_somebody_is_not_asked_about_again_and_again(
    then: Screened, is_asked: bool
) -> None:
    """For as long as the screen draws it as it did, and no longer than a minute at first."""
    nobody = CropAnswer.NO_PERSON
    memory = said_of(CameraMemory(), (1000.0, BARE, nobody), (1002.0, BARE, nobody))
    assert bool(planned(then, memory, now=1004.0)[1].ask) is is_asked
    assert planned(then, memory, now=1063.0)[1].ask


@pytest.mark.parametrize(
    ("suspect", "answer"), [(fire(), CropAnswer.NEITHER), (BARE, CropAnswer.NO_PERSON)]
)
def test_what_is_refuted_again_and_again_is_asked_about_less_and_less(
    suspect: Detection, answer: CropAnswer
) -> None:
    """After a minute, two and four; but not less, and anew after another answer."""
    memory, asked = CameraMemory(), []
    for now in range(1000, 2200):
        memory, plan = planned(screened(suspect), memory, now=now)
        if plan.ask:
            asked.append(now)
            memory = learn(memory, plan, [look(plan.ask[0], answer)], None, now)
    assert [later - one for one, later in pairwise(asked)] == [1, 60, 120, 240, 240, 240, 240]
    memory = said_of(memory, (2200.0, suspect, CropAnswer.CANNOT_TELL))
    assert planned(screened(suspect), memory, now=2201.0)[1].ask


def test_somebody_seen_since_before_a_thing_is_asked_about() -> None:
    """Though they come nearer to the thing than to where they were seen."""
    nobody, beside = CropAnswer.NO_PERSON, person(SubLabel.NO_HELMET, x=512)
    memory = said_of(CameraMemory(), *((1000.0 + one, BARE, nobody) for one in range(4)))
    memory = said_of(memory, (1010.0, beside, CropAnswer.NO_HELMET))
    before_it = screened(person(SubLabel.NO_HELMET, x=505))
    assert planned(before_it, memory, now=1012.0)[1].ask
    gone = said_of(memory, *((1020.0 + one, BARE, nobody) for one in range(2)))
    assert planned(before_it, gone, now=1030.0)[1].standing
    another = said_of(gone, (1031.0, beside, nobody))
    assert planned(before_it, another, now=1032.0)[1].standing


def test_one_wrong_nobody_does_not_stand() -> None:
    """Not with what was said of the thing behind, either."""
    nobody, before_it = CropAnswer.NO_PERSON, person(SubLabel.NO_HELMET, x=520)
    memory = said_of(CameraMemory(), (1000.0, BARE, nobody), (1002.0, BARE, nobody))
    memory = said_of(memory, (1004.0, before_it, nobody))
    assert planned(screened(before_it), memory, now=1006.0)[1].ask


def test_an_answer_that_comes_late_stands_for_nobody_who_came_since() -> None:
    """The last question was answered first: there is somebody."""
    nobody = CropAnswer.NO_PERSON
    memory = said_of(CameraMemory(), (1004.0, BARE, CropAnswer.HELMET))
    memory = said_of(memory, (1000.0, BARE, nobody), (1002.0, BARE, nobody))
    assert planned(screened(BARE), memory, now=1006.0)[1].ask


def test_a_fire_is_looked_at_again_sooner_than_a_lamp() -> None:
    """That it still burns is news, that a lamp still shines is none."""
    burns = CropAnswer.FIRE
    memory = said_of(CameraMemory(), *((1000.0 + one, fire(), burns) for one in range(9)))
    assert planned(screened(fire()), memory, now=1027.0)[1].standing
    assert planned(screened(fire()), memory, now=1029.0)[1].ask


def test_many_people_do_not_push_a_lamp_out() -> None:
    """Each of whom is a place of their own."""
    neither = CropAnswer.NEITHER
    memory = said_of(CameraMemory(), (1000.0, fire(), neither), (1001.0, fire(), neither))
    for number in range(100):
        left, top = 50 * (number % 20), 100 * (number // 20)
        passer_by = replace(BARE, box=Box(left, top, left + 40, top + 90))
        memory = said_of(memory, (1002.0 + number / 10, passer_by, CropAnswer.NO_HELMET))
    assert planned(screened(fire()), memory, now=1015.0)[1].standing
    assert len(write_memory(memory)) < 20_000
    assert read_memory(write_memory(memory)) == memory


def test_a_reason_that_is_no_text_can_be_kept() -> None:
    """Models write halves of characters; Redis takes bytes."""
    memory, plan = planned(screened(fire()))
    broken = replace(look(plan.ask[0], CropAnswer.NEITHER), reason="\ud83d 火")
    memory = learn(memory, plan, [broken], None, 1000.0)
    assert read_memory(write_memory(memory).encode().decode()) == memory


def test_two_neighbours_in_one_frame_are_not_one_place_twice() -> None:
    """One answer about each, that happen to be alike, are no second opinion on either."""
    memory = CameraMemory()
    places = [places_of(screened(fire(x=x)))[0] for x in (100, 130)]  # of IoU 0.54
    asked = []
    for now in (1000.0, 1002.0, 1004.0):
        ask = tuple(one for one in places if memory.standing(one, SIZE, now, 20.0) is None)
        asked.append(len(ask))
        looks = [look(one, CropAnswer.NEITHER) for one in ask]
        memory = learn(memory, Plan(SIZE, ask=ask, at=now), looks, None, now)
    assert asked == [2, 2, 0]


def test_what_could_not_be_told_never_stands() -> None:
    """Nor does what had no answer."""
    of, memory = screened(fire()), CameraMemory()
    for now in (1000.0, 1002.0, 1004.0, 1006.0):
        memory, plan = planned(of, memory, now=now)
        (place,) = plan.ask
        answer = look(place, CropAnswer.CANNOT_TELL) if now < 1003 else None
        memory = learn(memory, plan, [answer], None, now)


def test_a_memory_is_the_same_when_it_is_read_again() -> None:
    """And what is none begins anew."""
    of = screened(fire(), person(SubLabel.NO_HELMET))
    memory, plan = planned(of)
    looks = [look(place, CropAnswer.CANNOT_TELL) for place in plan.ask[1:]]
    memory = learn(memory, plan, [look(plan.ask[0], CropAnswer.FIRE), *looks], None, 1000.0)
    assert read_memory(write_memory(memory)) == memory
    for text in (None, "", "[]", "{}", "null", '{"places":[1]}', "[" * 10_000, "\x00"):
        assert read_memory(text) == CameraMemory()


def test_a_clock_that_was_set_back_makes_no_answer_stand_for_ever() -> None:
    """Nor one that is far ahead."""
    of, memory = screened(fire()), CameraMemory()
    for now in (1000.0, 1002.0):
        memory, plan = planned(of, memory, now=now)
        memory = learn(memory, plan, [look(one, CropAnswer.FIRE) for one in plan.ask], None, now)
    assert planned(of, memory, now=10.0)[1].ask
    assert planned(of, memory, now=1e9)[1].ask


def test_the_budget_holds_over_time_and_suspects_come_first() -> None:
    """But for the part that is kept for frames that are shown whole."""
    bucket, granted, full = Bucket.full(2.0, 0.0), 0, 0
    for number in range(1000):
        bucket, grant = bucket.take(3, full=True, rate=2.0, now=number * 0.1)
        granted, full = granted + grant.questions, full + grant.full
    assert 100 * 2.0 <= granted + full <= 100 * 2.0 + 21
    assert 100 * 0.5 - 1 <= full <= 100 * 0.5 + 6
    bucket, alone = Bucket.full(2.0, 0.0), 0
    for number in range(1000):
        bucket, grant = bucket.take(3, full=False, rate=2.0, now=number * 0.1)
        alone += grant.questions
    assert alone >= 100 * 2.0 - 1  # what is kept and not wanted costs no question
    bucket, grant = Bucket.full(2.0, 0.0).take(0, full=True, rate=2.0, now=0.0)
    assert grant.full


@pytest.mark.parametrize("takes", [1, 4, 17])
def test_a_frame_that_is_shown_in_parts_counts_as_often(takes: int) -> None:
    """The servers get no more requests than the budget, and questions none fewer."""
    bucket, questions, whole = Bucket.full(2.0, 0.0), 0, 0
    for number in range(5000):
        bucket, grant = bucket.take(3, full=takes, rate=2.0, now=number * 0.1)
        bucket = read_bucket(write_bucket(bucket), 2.0, number * 0.1)
        questions, whole = questions + grant.questions, whole + grant.full
    assert questions + takes * whole <= 500 * 2.0 + 20 + takes
    assert questions >= 500 * 1.5 - 1
    assert whole >= 500 * 0.5 / takes - 1


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "[1]",
        "[NaN, 0, 0]",
        "[1e9, 0, 0]",
        "[1, 1e9, 0]",
        "[1, 0, 2]",
        "[1, 0]",
        "{}",
    ],
)
def test_a_bucket_that_cannot_be_is_a_new_one(text: str | None) -> None:
    """So nobody waits for years because a clock was set."""
    assert read_bucket(text, 2.0, 100.0) == Bucket.full(2.0, 100.0)
    assert read_bucket(write_bucket(Bucket(1.5, 99.0, 0.5)), 2.0, 100.0) == Bucket(1.5, 99.0, 0.5)
