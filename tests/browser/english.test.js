// Every page in English.

import { noBarriers } from "./barriers.js";

noBarriers("en", 2);
