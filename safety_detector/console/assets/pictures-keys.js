// Names for what is sent, so that what is sent twice is there once.
const KEPT = "sending";
const MOST_KEPT = 20;

const random = (bytes) => [...crypto.getRandomValues(new Uint8Array(bytes))];

export const newKey = () => random(16).map((byte) => byte.toString(16).padStart(2, "0")).join("");

// A ULID: the moment, and chance.
function newBatchId() {
  const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let moment = Date.now(), text = "";
  for (let place = 0; place < 10; place += 1) {
    text = letters[moment % 32] + text;
    moment = Math.floor(moment / 32);
  }
  return text + random(16).map((one) => letters[one % 32]).join("");
}

// cyrb53, public domain; `crypto.subtle` is there over https alone.
function digest(text, seed = 0) {
  let high = 0xdeadbeef ^ seed, low = 0x41c6ce57 ^ seed;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
}

const markOf = ({ file, path }) => `${path}|${file.size}|${file.lastModified}`;

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

function keep(all) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(Object.entries(all).slice(-MOST_KEPT))));
  } catch {
    // A browser that keeps nothing sends all the same.
  }
}

// The batch of these files.  Given again after a window was closed midway it is the same one, with
// the same keys, so that what had arrived is not there twice.
export function batchOf(files) {
  const sum = digest(files.map(markOf).join("\n"));
  const all = kept();
  all[sum] ??= newBatchId();
  keep(all);
  const id = all[sum];
  return { id, keyOf: (one) => `${id}-${digest(markOf(one), 1)}${digest(markOf(one), 2)}` };
}

// All of it arrived: the same files given again are another batch.
export function forgetBatches(ids) {
  keep(Object.fromEntries(Object.entries(kept()).filter(([, id]) => !ids.has(id))));
}
