// Which model a conversation uses, and what stands in the way of using it.

import type { EngineStatus, InstalledModel } from "$lib/backend";

/** The model a message would go to. */
export type Choice =
	| { state: "reading" }
	| { state: "none" }
	| { state: "missing"; model: InstalledModel }
	| { state: "ready"; model: InstalledModel; engine: EngineStatus | undefined };

/** The conversation's own model, else the default, else the starter, else any. */
export function chooseModel(
	installed: InstalledModel[] | null,
	engines: EngineStatus[],
	own: string | null,
	standard: string | null,
): Choice {
	if (installed === null) return { state: "reading" };
	const usable = installed.filter((model) => model.kind === "chat");
	const byId = (id: string | null) => usable.find((model) => model.id === id);
	const model = byId(own) ?? byId(standard) ?? usable.find((model) => model.isStarter) ?? usable[0];
	if (!model) return { state: "none" };
	if (model.fileState === "missing") return { state: "missing", model };
	return { state: "ready", model, engine: engines.find((one) => one.modelId === model.id) };
}
