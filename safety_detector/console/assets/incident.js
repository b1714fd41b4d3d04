// One incident: going through hundreds of its pictures, and sending one that shows it put right.
import { ask } from "./asking.js";
import { refresh } from "./live.js";
import { showPicture } from "./viewer.js";

const ASK_MS = 1500;
const MOST_ASKED = 8; // pages of pictures

// --- Pictures in order, under a slider
async function listed(address) {
  const found = [];
  let cursor = "";
  for (let page = 0; page < MOST_ASKED; page += 1) {
    const answer = await ask(cursor ? `${address}?pictures=${cursor}` : address, { headers: { "X-In-Place": "1" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const { pictures, next_cursor: next } = await answer.json();
    found.push(...pictures.filter((one) => one.is_kept));
    if (!next) break;
    cursor = next;
  }
  return found;
}

function mark(inspection) {
  const own = [...document.querySelectorAll("[data-places] rect")].filter((one) => one.dataset.of === inspection);
  document.querySelector("[data-place-shown]")?.replaceChildren(...own.map((one) => one.cloneNode()));
  for (const link of document.querySelectorAll("[data-strip] [data-show]")) {
    if (link.dataset.show.endsWith(`/${inspection}`)) {
      link.setAttribute("aria-current", "true");
      link.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else link.removeAttribute("aria-current");
  }
}

function shown() {
  const address = document.querySelector("[data-viewer] [data-annotated]")?.getAttribute("src") ?? "";
  return address.split("/").at(-2);
}

async function scrub() {
  const place = document.querySelector("[data-scrub]");
  const viewer = document.querySelector("[data-viewer]");
  if (!place || !viewer) return;
  const slider = place.querySelector("input"), said = place.querySelector("output");
  const pictures = await listed(place.dataset.scrub);
  if (pictures.length < 2) return;
  const zone = { hour: "2-digit", minute: "2-digit", second: "2-digit", month: "2-digit", day: "2-digit", hour12: false, timeZone: "UTC" };
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, zone);
  const offset = 60000 * Number(place.dataset.offset); // the site's clock, whatever the browser's is
  slider.max = String(pictures.length);
  const tell = () => {
    const one = pictures[slider.value - 1];
    said.textContent = `${slider.value} / ${pictures.length} · ${clock.format(Date.parse(one.taken_at) + offset)}`;
    slider.setAttribute("aria-valuetext", said.textContent);
    return one;
  };
  const follow = () => {
    const at = pictures.findIndex((one) => one.inspection_id === shown());
    if (at >= 0) slider.value = String(at + 1);
    tell();
    mark(pictures[slider.value - 1].inspection_id);
  };
  // While it is drawn small copies are enough; where it rests the whole picture is shown.
  slider.addEventListener("input", () => {
    const one = tell();
    showPicture(viewer, `${place.dataset.pictures}/${one.inspection_id}`, true);
    mark(one.inspection_id);
  });
  slider.addEventListener("change", () => {
    showPicture(viewer, `${place.dataset.pictures}/${pictures[slider.value - 1].inspection_id}`);
  });
  new MutationObserver(follow).observe(viewer.querySelector("[data-annotated]"), { attributeFilter: ["src"] });
  follow();
  place.hidden = false;
}

// --- A picture that shows it put right
function fail(drop, text) {
  const failed = drop.querySelector(".failed");
  failed.textContent = text;
  failed.hidden = text === "";
}

function take(drop, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const override = drop.querySelector('[name="override"]')?.checked;
  drop.querySelector("[data-after]").replaceChildren(...page.body.childNodes);
  const box = drop.querySelector('[name="override"]');
  if (box && override) box.checked = true;
  const waits = drop.querySelector("[data-waits]");
  if (waits) setTimeout(() => lookAgain(drop, waits.dataset.waits), ASK_MS);
}

async function lookAgain(drop, inspection) {
  if (!drop.isConnected) return;
  try {
    const answer = await ask(`${drop.dataset.drop}/${inspection}`, { headers: { "X-In-Place": "1" } });
    if (answer.ok) take(drop, await answer.text());
    else fail(drop, await answer.text());
  } catch {
    setTimeout(() => lookAgain(drop, inspection), 2 * ASK_MS);
  }
}

function send(drop, file) {
  const form = drop.closest("form"), bar = drop.querySelector("progress");
  const fields = new FormData();
  fields.append("form_token", form.elements.form_token.value);
  fields.append("file", file, file.name || "picture.jpg");
  const request = new XMLHttpRequest(); // fetch tells nothing of what has been sent
  request.open("POST", drop.dataset.drop);
  request.setRequestHeader("X-In-Place", "1");
  request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
  request.addEventListener("loadend", () => {
    bar.hidden = true;
    drop.removeAttribute("data-in-use");
    if (request.status === 200) {
      take(drop, request.responseText);
      drop.querySelector('[type="file"]').value = "";
    } else fail(drop, request.status ? request.responseText.slice(0, 500) : drop.dataset.offline ?? "–");
  });
  fail(drop, "");
  bar.value = 0;
  bar.hidden = false;
  drop.setAttribute("data-in-use", ""); // what it leads to comes back into this one
  request.send(fields);
}

function sendPictures() {
  const dropOf = (event) => event.target.closest?.("[data-drop]");
  document.addEventListener("change", (event) => {
    const drop = event.target.matches('[type="file"]') && dropOf(event);
    if (drop && event.target.files.length) send(drop, event.target.files[0]);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-send]")) return;
    event.preventDefault(); // what was chosen has been sent already
    dropOf(event).querySelector('[type="file"]').click();
  });
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const drop = dropOf(event);
      if (!drop || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) send(drop, event.dataTransfer.files[0]);
    });
  }
  document.addEventListener("paste", (event) => {
    const drop = document.querySelector("details[open] [data-drop]");
    const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (drop && file) send(drop, file);
  });
  const waits = document.querySelector("[data-drop] [data-waits]");
  if (waits) lookAgain(waits.closest("[data-drop]"), waits.dataset.waits);
}

// --- Comments without a reload
async function add(form, button) {
  const failed = form.querySelector(".failed"), field = form.elements.text;
  const fields = new URLSearchParams(new FormData(form, button));
  const said = field.value;
  const sending = (is) => {
    form.toggleAttribute("data-in-use", is);
    for (const one of form.querySelectorAll("button")) one.disabled = is;
  };
  failed.hidden = true;
  field.value = ""; // for the next one, which may be begun before this one is kept
  sending(true);
  try {
    const answer = await ask(form.action, {
      method: "POST", body: fields, redirect: "manual", headers: { "X-In-Place": "1" },
    });
    if (answer.status !== 204) throw new Error((await answer.text()).slice(0, 300));
    sending(false);
    await refresh().catch(() => {}); // it is kept all the same
  } catch (error) {
    sending(false);
    field.value = [said, field.value].filter(Boolean).join("\n");
    failed.querySelector("span").textContent = error.message;
    failed.hidden = false;
  }
}

function comment() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-comment]")) return;
    event.preventDefault();
    if (!event.target.matches("[data-in-use]")) add(event.target, event.submitter);
  });
}

sendPictures();
comment();
scrub().catch(() => {}); // the strip below it is there all the same
