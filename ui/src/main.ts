import { mount } from "svelte";
import App from "./App.svelte";
import { chooseHost } from "$lib/host/choose";
import "$lib/styles/tokens.css";
import "$lib/styles/base.css";
import "$lib/styles/controls.css";

const target = document.getElementById("app");
if (target) void chooseHost().then((host) => mount(App, { target, props: { host } }));
