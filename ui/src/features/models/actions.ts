// What can be done with the installed models from every screen.

import type { Action } from "$lib/actions";
import { backend, type InstalledModel } from "$lib/backend";
import { go } from "$lib/navigation.svelte";
import { isAlive, isLoaded, models } from "$lib/state/models.svelte";
import { changeSettings } from "$lib/state/settings.svelte";
import { toast, toastError } from "$lib/state/toasts.svelte";

/** `defaultModelId` is undefined until the settings were read. */
export function modelActions(
	installed: InstalledModel[],
	defaultModelId: string | null | undefined,
): Action[] {
	const add: Action = {
		id: "models.add",
		title: "Add a model from a file",
		group: "Models",
		keywords: "gguf install import",
		run: () => {
			go("models");
			backend.addModelByDialog().catch(toastError);
		},
	};
	const forChat = installed.filter((model) => model.kind === "chat");
	return [
		add,
		...forChat.map((model) => useForNewChats(model, defaultModelId)),
		...forChat.map(load),
		...installed.flatMap((model) => [stopLoading(model), unload(model)]),
	];
}

function useForNewChats(model: InstalledModel, defaultModelId: string | null | undefined): Action {
	return {
		id: `models.default.${model.id}`,
		title: `Use ${model.name} for new chats`,
		group: "Models",
		keywords: "switch default",
		enabled: () => model.id !== defaultModelId && model.fileState === "present",
		run: () =>
			void changeSettings({ defaultModelId: model.id }).then(
				() => toast(`New chats use ${model.name}.`),
				toastError,
			),
	};
}

function load({ id, name, fileState }: InstalledModel): Action {
	return {
		id: `models.load.${id}`,
		title: `Load ${name}`,
		group: "Models",
		keywords: "memory start",
		enabled: () => fileState === "present" && !isAlive(models.engine(id)),
		run: () => void backend.loadModel(id).catch(toastError),
	};
}

function stopLoading({ id, name }: InstalledModel): Action {
	return {
		id: `models.cancel.${id}`,
		title: `Stop loading ${name}`,
		group: "Models",
		keywords: "cancel memory",
		enabled: () => models.engine(id)?.state === "loading",
		run: () => void backend.cancelLoad(id).catch(toastError),
	};
}

function unload({ id, name }: InstalledModel): Action {
	return {
		id: `models.unload.${id}`,
		title: `Unload ${name}`,
		group: "Models",
		keywords: "free memory",
		enabled: () => isLoaded(models.engine(id)),
		run: () => void backend.unloadModel(id).catch(toastError),
	};
}
