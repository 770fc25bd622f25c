// The entry of the profile.

import { Profile } from "./profile_panel.js";
import { mounting } from "./visit_place.js";

export default mounting(Profile);
