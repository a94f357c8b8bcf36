// Small copies of pictures: what was shown is shown again without asking.

import { backend } from "$lib/backend";

/** Each has some ten kilobytes. */
const kept = 200;

const copies = new Map<string, Promise<string>>();

/** A picture as a `data:` address, small. */
export function smallCopy(id: string): Promise<string> {
	const known = copies.get(id);
	if (known) return known;
	const asked = backend.showPicture(id, false);
	// What failed is asked for again the next time.
	asked.catch(() => copies.delete(id));
	copies.set(id, asked);
	const [oldest] = copies.keys();
	if (copies.size > kept && oldest !== undefined) copies.delete(oldest);
	return asked;
}
