// The file being added now, and those that were refused. The host reads one at a time.

import { backend, type InstalledModel, type ModelAdding, type Problem } from "$lib/backend";
import { fileName } from "$lib/format";
import { go } from "$lib/navigation.svelte";
import { refreshModels } from "$lib/state/models.svelte";
import { changeSettings } from "$lib/state/settings.svelte";
import { toast, toastError } from "$lib/state/toasts.svelte";

export type Refused = { id: number; file: string; error: Problem };

let current = $state.raw<ModelAdding | null>(null);
let refused = $state.raw<Refused[]>([]);
let nextId = 0;

export const adding = {
	/** The file that is being read. */
	get now(): ModelAdding | null {
		return current;
	},
	/** Those that cannot be used, with why, until each is dismissed. */
	get refused(): Refused[] {
		return refused;
	},
};

export function dismissRefused(id: number): void {
	refused = refused.filter((one) => one.id !== id);
}

/** Follows the host until the returned function is called. */
export function watchAdding(): () => void {
	const stop = backend.on("modelAdding", (step) => {
		if (step.state === "reading") {
			if (!current) go("models");
			current = step;
			return;
		}
		current = null;
		if (step.model) welcome(step.model, step.added, step.file);
		// Whoever cancelled it knows.
		if (step.error && step.error.code !== "cancelled") {
			refused = [...refused, { id: nextId++, file: step.file, error: step.error }];
		}
	});
	return () => {
		stop();
		// Nobody hears how it ends.
		current = null;
		refused = [];
	};
}

const addedWords: Record<
	NonNullable<ModelAdding["added"]>,
	(name: string, file: string) => string
> = {
	new: (name) => `${name} was added.`,
	already: (name, file) => `${name} is on the list already (file ${file}).`,
	moved: (name, file) => `${name} was found again (file ${file}).`,
	replaced: (name) => `${name} takes the place of the model whose file this was.`,
};

function welcome(model: InstalledModel, added: ModelAdding["added"], file: string): void {
	refreshModels().catch(toastError);
	const use = {
		label: "Use for new chats",
		run: () => void changeSettings({ defaultModelId: model.id }).catch(toastError),
	};
	// On the list already: with the file that the list has, which may have another name.
	const known = added === "already" ? fileName(model.path) : fileName(file);
	toast(addedWords[added ?? "new"](model.name, known), model.kind === "chat" ? use : null);
}
