// The fake against a plain client. One GitHub for all: Prism takes seconds to start.
import "./test/endpoints.mjs";
import "./test/levers.mjs";
import "./test/act.mjs";
