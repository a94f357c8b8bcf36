// What the first screen shows, which the host wrote into the page while the web view started. There
// is none where the data was not open by then, where the page was loaded again, and in a browser:
// whoever shows it asks the host as well, which is how it stays true.

import type { First } from "./bindings";

const element = document.getElementById("first");

export const first: First | null = element ? (JSON.parse(element.textContent) as First) : null;

/** Resolves when the host may be asked. While the first frame is made each question takes time from it. */
export const begun: Promise<void> = first ? firstFrame() : Promise.resolve();

function firstFrame(): Promise<void> {
	return new Promise((shown) => {
		requestAnimationFrame(() => requestAnimationFrame(() => shown()));
		// A window that nobody sees draws no frames.
		setTimeout(shown, 500);
	});
}
