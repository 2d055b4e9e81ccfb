// Every page in Chinese.

import { noBarriers } from "./barriers.js";

noBarriers("zh-Hans", 1);
