"""Plans of a camera's frames that several processes share through a real Valkey."""

from __future__ import annotations

from contextlib import closing

from safety_detector.detectors.qwen.servers.server_states import RedisStates, SharedStates
from safety_detector.detectors.second_look.keeping import PlanKeeper
from safety_detector.detectors.second_look.planning import Policy
from safety_detector.domain.crop_questions import CropAnswer
from tests.eventually import eventually
from tests.unit.detectors.second_look.scenes import SIZE, fire, look, screened
from tests.valkey_server import valkey_server


def test_a_refutation_does_not_come_back_with_redis() -> None:
    """What a process learned while Redis was away is not undone by what was known before."""
    with (
        valkey_server() as valkey,
        closing(
            PlanKeeper(SharedStates(RedisStates(valkey.url)), Policy(full_every=0), None)
        ) as keeper,
    ):

        def see(answer: CropAnswer, score: float) -> None:
            plan = keeper.plan(screened(fire(score)), SIZE, "gate")
            assert plan.ask
            keeper.learn(plan, [look(one, answer) for one in plan.ask], None, "gate")

        for _ in range(2):
            see(CropAnswer.NEITHER, 0.6)
        assert keeper.plan(screened(fire(0.6)), SIZE, "gate").standing
        (key,) = valkey.client.keys("*")
        before = valkey.client.get(key)
        valkey.stop()
        see(CropAnswer.FIRE, 0.9)
        valkey.start()
        valkey.client.set(key, before)

        def is_shared_again() -> bool:
            assert not keeper.plan(screened(fire(0.6)), SIZE, "gate").standing
            return bool(valkey.client.get(key) != before)

        eventually(is_shared_again)
        assert not keeper.plan(screened(fire(0.6)), SIZE, "gate").standing
