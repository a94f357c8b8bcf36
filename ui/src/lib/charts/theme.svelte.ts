// Which theme the window really shows, for what is drawn by the host.

import type { ChartTheme } from "$lib/backend";
import { settings } from "$lib/state/settings.svelte";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
let systemIsDark = $state(dark.matches);
dark.addEventListener("change", (event) => (systemIsDark = event.matches));

export const theme = {
	get now(): ChartTheme {
		const chosen = settings.areKnown ? settings.now.theme : "system";
		if (chosen !== "system") return chosen;
		return systemIsDark ? "dark" : "light";
	},
};
