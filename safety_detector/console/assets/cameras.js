// Pages of cameras: forms that keep what was typed, and areas that are drawn on a picture.
import { keepForms } from "./kept-forms.js";
import { drawAreas } from "./areas.js";

keepForms(drawAreas);
drawAreas();
