// What every page starts.  Pages work without any of it; they only reload more.
import { followKeys } from "./keys.js";
import { sendInPlace } from "./forms.js";
import { swapPictures } from "./viewer.js";
import { review } from "./review.js";
import { followChanges } from "./live.js";

followKeys();
sendInPlace();
swapPictures();
review();
followChanges();
