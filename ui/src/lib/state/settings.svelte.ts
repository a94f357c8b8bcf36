// The settings, shared by every screen. The host keeps them; this is its last answer. There are no
// defaults here: what the host did not say must not be shown, and above all not be written back.

import { backend, first, type Settings } from "$lib/backend";
import { Turns } from "$lib/turns";

let current = $state.raw<Settings | null>(null);
/** So that each change builds on what the host kept last. */
const changes = new Turns();
if (first) {
	current = first.settings;
} else {
	// The host has not said it yet: the echo of the last run keeps the first frame from flashing.
	showTheme(localStorage.getItem("theme"));
}

/** Reactive: `settings.now.theme` and so on. */
export const settings = {
	/** Whether the host has told them. */
	get areKnown(): boolean {
		return current !== null;
	},
	/** Only for screens, which the shell shows once they are known. */
	get now(): Settings {
		if (current === null) throw new Error("The settings were not read yet.");
		return current;
	},
};

export async function readSettings(): Promise<void> {
	take(await backend.getSettings());
}

/** Keeps the change in the host; rejects, and changes nothing, if the host refuses it. */
export function changeSettings(change: Partial<Settings>): Promise<void> {
	return changes.take(async () => {
		// The host takes them whole, so without the others there is nothing to send.
		if (!settings.areKnown) await readSettings();
		take(await backend.setSettings({ ...settings.now, ...change }));
	});
}

function take(settings: Settings): void {
	current = settings;
	showTheme(settings.theme);
	localStorage.setItem("theme", settings.theme);
}

function showTheme(theme: string | null): void {
	const root = document.documentElement;
	if (theme === "light" || theme === "dark") root.dataset.theme = theme;
	else delete root.dataset.theme;
}
