// The entry of the message dialog.

import { Composer } from "./composer_form.js";
import { mounting } from "./visit_place.js";

export default mounting(Composer);
