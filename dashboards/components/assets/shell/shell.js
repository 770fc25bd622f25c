// The entry of what stands around every page: the top row and the site in the menu.

import { entry } from "../ground/part.js";
import { Sites } from "./sites.js";
import { Top } from "./top.js";
import { Tune } from "./tune.js";

export default entry({ top: Top, tune: Tune, sites: Sites });
