// Follows the service's stream; says `{state}` and `{news}`.  Runs in a worker or in a page.
const SILENT_MS = 10000;
const AGAIN_MS = 2000;

export function follow(address, tell) {
  let heard = Date.now();
  let source = null;
  const open = () => {
    source?.close();
    heard = Date.now();
    source = new EventSource(address);
    source.addEventListener("here", () => { heard = Date.now(); tell({ state: "on" }); });
    source.addEventListener("changed", (event) => {
      heard = Date.now();
      tell({ state: "on" });
      tell({ news: JSON.parse(event.data) });
    });
    source.addEventListener("left", () => { tell({ state: "asking" }); tell({ news: [] }); });
    source.addEventListener("error", () => {
      tell({ state: "asking" });
      // A refusal closes it for good.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_MS);
    });
  };
  open();
  addEventListener("offline", () => tell({ state: "asking" }));
  addEventListener("online", open);
  // A connection that was cut without a word looks open for ever.
  setInterval(() => {
    if (Date.now() - heard < SILENT_MS) return;
    tell({ state: "asking" });
    open();
  }, AGAIN_MS);
}
