// The installed models and their engines, shared by every screen that shows or picks one.
// Filled once by `watchModels` and then kept true by the host's events.

import { backend, type EngineStatus, type InstalledModel } from "$lib/backend";

let list = $state.raw<InstalledModel[] | null>(null);
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
	engine(id: string): EngineStatus | undefined {
		return engines.find((engine) => engine.modelId === id);
	},
};

/** Reads the list again, after a change this window made itself. */
export async function refreshModels(): Promise<void> {
	list = await backend.listModels();
}

/** Which models are loaded, as one text to compare. */
function inMemory(engines: EngineStatus[]): string {
	const loaded = engines.filter(({ state }) => state === "ready" || state === "answering");
	return loaded.map(({ modelId }) => modelId).join();
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
		// What a model in memory needs is told apart from what one would need.
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
