// What is being made is asked after every two seconds, as long as something is.
import { refresh } from "./live.js";

setInterval(() => {
  if (!document.hidden && document.querySelector("[data-unfinished]")) refresh().catch(() => {});
}, 2000);
