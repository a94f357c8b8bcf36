import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "$lib/design/tokens.css";
import "$lib/design/reset.css";
import "$lib/design/base.css";

import { mount } from "svelte";

import { useBackend } from "$lib/backend";

import { keepThePage } from "$lib/afresh";

import App from "./App.svelte";
import { Start } from "./features/startup/start.svelte";

// Were it not there for the first layout, that would look for another font, which takes far longer.
const font = document.fonts.load("14px 'Inter Variable'").catch(() => undefined);

// In a browser there is no host; with ?fake one in memory stands in. Builds leave this out.
if (import.meta.env.DEV || import.meta.env.MODE === "fake") {
	const query = new URLSearchParams(location.search);
	if (query.has("fake")) {
		const { fakeBackend, optionsFromAddress } = await import("$lib/backend/fake");
		useBackend(fakeBackend(optionsFromAddress(query)));
	}
}

// Who works on the interface loads it anew all day.
if (!import.meta.env.DEV) keepThePage();

/** A start that takes longer than this is shown. */
const shownAfterMs = 150;

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
const start = new Start();
// The usual start is over at once, and to draw that it goes on would only make it longer.
await Promise.race([
	Promise.all([start.ended, font]),
	new Promise((late) => setTimeout(late, shownAfterMs)),
]);
mount(App, { target, props: { start } });
