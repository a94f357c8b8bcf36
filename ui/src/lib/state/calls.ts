// Whether calls have begun or ended since somebody looked.

import { backend, type Live } from "$lib/backend";

/** How often it is looked. */
const everyMs = 1_000;

/** Another one as soon as a call has begun or ended. */
export function markOf({ newest, calls }: Live): string {
	return [newest, ...calls.map(({ number }) => number)].join(" ");
}

/** Calls back when calls have begun or ended, while the window is seen. Returns how to end that. */
export function watchCalls(changed: () => void): () => void {
	let known: string | null = null;
	async function look(): Promise<void> {
		if (document.hidden) return;
		const mark = markOf(await backend.monitorLive());
		if (known !== null && known !== mark) changed();
		known = mark;
	}
	// Where the host does not answer, what is read says so.
	const looking = setInterval(() => void look().catch(() => undefined), everyMs);
	return () => clearInterval(looking);
}
