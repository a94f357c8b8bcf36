// What a person can do about something that was found.

import type { Found } from "$lib/backend";

export type FoundDeeds = {
	/** It is none: it leaves as written. `sure`: that it is no secret was said twice. */
	mistake: (found: Found, sure: boolean) => void;
	/** It is one again. */
	back: (found: Found) => void;
};
