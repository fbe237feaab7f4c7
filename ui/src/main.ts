import { mount } from "svelte";
import App from "./App.svelte";
import type { Host } from "$lib/host";
import { chooseHost } from "$lib/host/choose";
import "$lib/styles/tokens.css";
import "$lib/styles/base.css";
import "$lib/styles/controls.css";

const target = document.getElementById("app");
const begin = (host: Host) => target && mount(App, { target, props: { host } });
const host = chooseHost();
if (host instanceof Promise) void host.then(begin);
else begin(host);
