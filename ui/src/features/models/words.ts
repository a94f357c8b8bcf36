// The words for what was found out about a model.

import type { InstalledModel, MemoryPlan } from "$lib/backend";

export const verdictWords: Record<MemoryPlan["verdict"], string> = {
	fits: "Fits this computer.",
	tight: "Fits, but only just.",
	too_large: "Too large for this computer.",
};

export const fileWords: Record<
	InstalledModel["fileState"],
	{ title: string; next: string } | null
> = {
	present: null,
	missing: {
		title: "The file is gone.",
		next: "Put it back where Details says, or remove the model from the list.",
	},
	changed: {
		title: "The file was changed since it was added.",
		next: "It is not used, because it may not be what you chose. Remove the model and add the file again if you trust it.",
	},
};
