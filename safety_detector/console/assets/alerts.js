// What came of a test: the page is looked at again until the receiver has answered.
import { refresh } from "./live.js";

const EVERY_MS = 400;
const FOR_MS = 120000;

async function awaitAnswer() {
  const until = Date.now() + FOR_MS;
  while (document.querySelector("[data-awaits]") && Date.now() < until) {
    await new Promise((done) => setTimeout(done, EVERY_MS));
    await refresh().catch(() => {});
  }
}

awaitAnswer();
