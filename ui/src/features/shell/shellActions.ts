// The actions that work on every screen: going places, the palette, the theme, the models.

import type { Action } from "$lib/actions";
import { backend, type InstalledModel, type Settings, type Theme } from "$lib/backend";
import { go, returnTo } from "$lib/navigation.svelte";
import { changeSettings } from "$lib/state/settings.svelte";
import { toast, toastError } from "$lib/state/toasts.svelte";

type Hooks = {
	openPalette: () => void;
	openShortcuts: () => void;
	models: InstalledModel[];
	/** Null until they were read. */
	settings: Settings | null;
};

export function shellActions({ openPalette, openShortcuts, models, settings }: Hooks): Action[] {
	return [
		{
			id: "shell.palette",
			title: "Find a chat or an action",
			group: "Go to",
			shortcut: "Mod+K",
			hidden: true,
			run: openPalette,
		},
		{
			id: "chat.new",
			title: "New chat",
			group: "Chat",
			shortcut: "Mod+N",
			keywords: "start conversation",
			run: () => go("chat"),
		},
		{
			id: "go.chat",
			title: "Chat",
			group: "Go to",
			shortcut: "Mod+1",
			run: () => returnTo("chat"),
		},
		{
			id: "go.models",
			title: "Models",
			group: "Go to",
			shortcut: "Mod+2",
			run: () => returnTo("models"),
		},
		{
			id: "go.settings",
			title: "Settings",
			group: "Go to",
			shortcut: "Mod+3",
			keywords: "preferences options",
			run: () => returnTo("settings"),
		},
		...themeActions(settings?.theme),
		...modelActions(models, settings?.defaultModelId),
		{
			id: "help.shortcuts",
			title: "Keyboard shortcuts",
			group: "Help",
			shortcut: "Mod+/",
			alias: "?",
			keywords: "keys help",
			run: openShortcuts,
		},
	];
}

function themeActions(now: Theme | undefined): Action[] {
	const themes: { theme: Theme; title: string }[] = [
		{ theme: "light", title: "Light theme" },
		{ theme: "dark", title: "Dark theme" },
		{ theme: "system", title: "Theme of this computer" },
	];
	return themes.map(({ theme, title }) => ({
		id: `theme.${theme}`,
		title,
		group: "Appearance",
		keywords: "colour color appearance mode",
		enabled: () => theme !== now,
		run: () => void changeSettings({ theme }).catch(toastError),
	}));
}

function modelActions(
	models: InstalledModel[],
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
	const choices = models.map((model): Action => ({
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
	}));
	return [add, ...choices];
}
