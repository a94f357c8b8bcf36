// Which model a conversation uses, and what stands in the way of using it.

import type { EngineStatus, InstalledModel } from "$lib/backend";
import { isAlive } from "$lib/state/models.svelte";

/** The model a message would go to. */
export type Choice =
	| { state: "reading" }
	| { state: "none" }
	/** Its file is gone, another one is in its place, or it makes vectors and no answers. */
	| { state: "missing" | "changed" | "no-chat"; model: InstalledModel }
	| { state: "ready"; model: InstalledModel; engine: EngineStatus | undefined };

/**
 * As the host chooses: the conversation's own model, else the default, else the first of those for
 * chat. The host lists the one used last first.
 */
export function chooseModel(
	installed: InstalledModel[] | null,
	engines: EngineStatus[],
	own: string | null,
	standard: string | null,
): Choice {
	if (installed === null) return { state: "reading" };
	const forChat = installed.filter((model) => model.kind === "chat");
	const model =
		installed.find(({ id }) => id === own) ??
		forChat.find(({ id }) => id === standard) ??
		forChat[0];
	if (!model) return { state: "none" };
	if (model.kind !== "chat") return { state: "no-chat", model };
	const engine = engines.find((one) => one.modelId === model.id);
	// A model that runs needs its file no more.
	if (model.fileState !== "present" && !isAlive(engine)) return { state: model.fileState, model };
	return { state: "ready", model, engine };
}
