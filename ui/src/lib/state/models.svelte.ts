// The installed models and their engines, shared by every screen that shows or picks one.
// Filled once by `watchModels` and then kept true by the host's events.

import { backend, first, type EngineStatus, type InstalledModel } from "$lib/backend";

let list = $state.raw<InstalledModel[] | null>(first?.models ?? null);
let engines = $state.raw<EngineStatus[]>([]);

/** Reactive: `models.list` is null until it was read for the first time. */
export const models = {
	get list(): InstalledModel[] | null {
		return list;
	},
	/** Those a conversation can use. */
	get forChat(): InstalledModel[] {
		return (list ?? []).filter((model) => model.kind === "chat");
	},
	get engines(): EngineStatus[] {
		return engines;
	},
	find(id: string | null): InstalledModel | undefined {
		return list?.find((model) => model.id === id);
	},
	/** It is known not to be installed any more. */
	wasRemoved(id: string | null): boolean {
		return id !== null && list !== null && !list.some((model) => model.id === id);
	},
	engine(id: string): EngineStatus | undefined {
		return engines.find((engine) => engine.modelId === id);
	},
};

/** The model is in memory, or on its way there. */
export function isAlive(engine: EngineStatus | undefined): boolean {
	return engine !== undefined && engine.state !== "failed";
}

/** The model is in memory. */
export function isLoaded(engine: EngineStatus | undefined): boolean {
	return engine?.state === "ready" || engine?.state === "answering";
}

let asked = 0;
let taken = 0;

/** Reads the list again: it changed, or its order did, as the one used last comes first. */
export async function refreshModels(): Promise<void> {
	const mine = ++asked;
	const read = await backend.listModels();
	// An answer that was overtaken is older than what is known.
	if (mine < taken) return;
	taken = mine;
	list = read;
}

/** Which models are loaded or being loaded, as one text to compare. */
function inMemory(engines: EngineStatus[]): string {
	return engines.map((engine) => `${engine.modelId} ${isLoaded(engine)}`).join();
}

/** Reads everything and follows the host's events until the returned function is called. */
export function watchModels(onError: (thrown: unknown) => void): () => void {
	const refresh = () => void refreshModels().catch(onError);
	const stopModels = backend.on("modelsChanged", refresh);
	let told = false;
	const stopEngines = backend.on("enginesChanged", (changed) => {
		told = true;
		const before = inMemory(engines);
		engines = changed;
		// What a model in memory needs is told apart from what one would need, and the one loaded
		// last comes first.
		if (inMemory(engines) !== before) refresh();
	});
	// The starter model may be added just now: read only when that would be heard.
	void backend.listening().then(() => {
		refresh();
		backend.engineStatus().then((now) => {
			// What was told meanwhile is newer than this answer.
			if (!told) engines = now;
		}, onError);
	}, onError);
	return () => {
		stopModels();
		stopEngines();
	};
}
