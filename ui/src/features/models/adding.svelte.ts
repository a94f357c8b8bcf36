// The file being added now, or the last one that was refused. The host reads one at a time.

import { backend, type ModelAdding } from "$lib/backend";
import { go } from "$lib/navigation.svelte";
import { refreshModels } from "$lib/state/models.svelte";
import { changeSettings } from "$lib/state/settings.svelte";
import { toast, toastError } from "$lib/state/toasts.svelte";

let current = $state.raw<ModelAdding | null>(null);

export const adding = {
	get now(): ModelAdding | null {
		return current;
	},
};

export function dismissAdding(): void {
	current = null;
}

/** Follows the host until the returned function is called. */
export function watchAdding(): () => void {
	return backend.on("modelAdding", (step) => {
		if (step.state === "reading") {
			if (current?.state !== "reading") go("models");
			current = step;
		} else if (step.state === "refused" && step.error?.code !== "cancelled") {
			current = step;
		} else {
			current = null;
			if (step.model) welcome(step.model.id, step.model.name, step.model.kind === "chat");
		}
	});
}

function welcome(id: string, name: string, canChat: boolean): void {
	refreshModels().catch(toastError);
	const use = {
		label: "Use for new chats",
		run: () => void changeSettings({ defaultModelId: id }).catch(toastError),
	};
	toast(`${name} was added.`, canChat ? use : null);
}
