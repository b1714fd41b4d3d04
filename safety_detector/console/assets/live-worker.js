// One connection for all windows of a browser: browsers allow six to a host.
import { follow } from "./live-stream.js";

const ports = new Set();
let last = null;
let started = false;

function tell(message) {
  if (message.state) last = message;
  for (const port of ports) port.postMessage(message);
}

self.addEventListener("connect", (event) => {
  const port = event.ports[0];
  port.addEventListener("message", ({ data }) => {
    if (data.leaves) {
      ports.delete(port);
      return;
    }
    ports.add(port);
    if (last) port.postMessage(last);
    if (!started) {
      started = true;
      follow(data.address, tell);
    }
  });
  port.start();
});
