import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "$lib/design/tokens.css";
import "$lib/design/reset.css";
import "$lib/design/base.css";

import { mount } from "svelte";

import { useBackend } from "$lib/backend";

import App from "./App.svelte";

// In a browser there is no host; with ?fake one in memory stands in. Builds leave this out.
if (import.meta.env.DEV || import.meta.env.MODE === "fake") {
	const query = new URLSearchParams(location.search);
	if (query.has("fake")) {
		const { fakeBackend, optionsFromAddress } = await import("$lib/backend/fake");
		useBackend(fakeBackend(optionsFromAddress(query)));
	}
}

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
mount(App, { target });
