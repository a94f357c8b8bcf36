// The settings, shared by every screen. The host keeps them; this is its last answer.

import { backend, type Settings } from "$lib/backend";

let current = $state.raw<Settings>({
	theme: "system",
	sendKey: "enter",
	automaticTitles: true,
	defaultModelId: null,
	idleUnloadMinutes: 15,
	contextTokens: 4096,
	threads: null,
});

/** Reactive: `settings.now.theme` and so on. */
export const settings = {
	get now(): Settings {
		return current;
	},
};

export async function readSettings(): Promise<void> {
	take(await backend.getSettings());
}

/** Keeps the change in the host; rejects, and changes nothing, if the host refuses it. */
export async function changeSettings(change: Partial<Settings>): Promise<void> {
	take(await backend.setSettings({ ...current, ...change }));
}

function take(settings: Settings): void {
	current = settings;
	const root = document.documentElement;
	if (settings.theme === "system") delete root.dataset.theme;
	else root.dataset.theme = settings.theme;
	// public/theme.js reads it before the first paint of the next start.
	localStorage.setItem("theme", settings.theme);
}
