// The script of a map on which a day goes by: that of every map, and what plays it back.

import "./main.js";
import { playback } from "./playback.js";

window.fireplan.playback = playback;
