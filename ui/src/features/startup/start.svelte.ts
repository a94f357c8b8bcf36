// The opening of the data, as the window follows it. Usually it has ended before the page comes, which
// then has the outcome in it; else the host is asked for it.

import { backend, first, toProblem, type Startup } from "$lib/backend";
import { readSettings, settings } from "$lib/state/settings.svelte";
import { toastError } from "$lib/state/toasts.svelte";

export class Start {
	/** How it ended; null until it has. */
	outcome = $state.raw<Startup | null>(first?.startup ?? null);
	/** Resolves when it has ended for the first time. */
	readonly ended: Promise<void>;
	readonly #unlisten: (() => void)[];

	constructor() {
		// The daily check of the open data may find damage, even before the reply to the start
		// is here: so listen before asking, and do not let that reply take its place.
		this.#unlisten = [
			backend.on("startupChanged", (startup) => (this.outcome = startup)),
			// Told once, which may be as soon as the start has ended.
			backend.on("troubleMet", toastError),
		];
		const asked = this.#ask();
		this.ended = this.outcome === null ? asked : Promise.resolve();
	}

	/** Follow it no longer. */
	end(): void {
		for (const unlisten of this.#unlisten) unlisten();
	}

	async #ask(): Promise<void> {
		// The first screen needs them, and the host has usually opened the data by now; else they are
		// read after it has. If that fails too, the shell says why.
		const read = () => readSettings().catch(() => undefined);
		const early = settings.areKnown ? undefined : read();
		let startup: Startup;
		try {
			await backend.listening();
			startup = await backend.startup();
		} catch (thrown) {
			startup = problem(toProblem(thrown).message);
		}
		await early;
		if (startup.state === "ready" && !settings.areKnown) await read();
		this.outcome ??= startup;
	}
}

function problem(message: string): Startup {
	return {
		state: "problem",
		code: "internal",
		message,
		hint: null,
		dataFolder: "",
		snapshots: [],
		canRetry: true,
		canUseKeyFile: false,
		canStartEmpty: false,
	};
}
