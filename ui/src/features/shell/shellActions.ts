// The actions that work on every screen: going places, the palette, the theme, the models.

import type { Action } from "$lib/actions";
import type { InstalledModel, Settings, Theme } from "$lib/backend";
import { go, returnTo } from "$lib/navigation.svelte";
import { changeSettings } from "$lib/state/settings.svelte";
import { makeSnapshot, storage } from "$lib/state/storage.svelte";
import { toast, toastError } from "$lib/state/toasts.svelte";

import { modelActions } from "../models/actions";
import { showPart, type Part } from "../privacy/part.svelte";

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
			id: "go.costs",
			title: "Costs",
			group: "Go to",
			shortcut: "Mod+3",
			keywords: "money spend budget price report forecast",
			run: () => returnTo("costs"),
		},
		{
			id: "go.monitor",
			title: "Monitor",
			group: "Go to",
			shortcut: "Mod+4",
			keywords: "latency errors speed alerts queue drift running calls stop",
			run: () => returnTo("monitor"),
		},
		{
			id: "go.safety",
			title: "Safety",
			group: "Go to",
			shortcut: "Mod+5",
			keywords: "policy masking personal data rules",
			run: () => returnTo("safety"),
		},
		{
			id: "go.record",
			title: "Record",
			group: "Go to",
			shortcut: "Mod+6",
			keywords: "audit log proof witness verify",
			run: () => returnTo("record"),
		},
		{
			id: "go.privacy",
			title: "Privacy",
			group: "Go to",
			shortcut: "Mod+7",
			keywords: "gdpr request erase export retention backup archive storage network log",
			run: () => returnTo("privacy"),
		},
		{
			id: "go.settings",
			title: "Settings",
			group: "Go to",
			shortcut: "Mod+8",
			keywords: "preferences options",
			run: () => returnTo("settings"),
		},
		...privacyActions(),
		...themeActions(settings?.theme),
		...modelActions(models, settings?.defaultModelId),
		{
			id: "storage.snapshot",
			title: "Make a snapshot of the chats",
			group: "Storage",
			keywords: "backup copy save",
			enabled: () => !storage.isMakingSnapshot,
			run: () => void makeSnapshot().then(() => toast("Snapshot made and checked."), toastError),
		},
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

/** Each leads to its part of the Privacy screen. */
function privacyActions(): Action[] {
	const parts: { part: Part; title: string; keywords: string }[] = [
		{ part: "requests", title: "Find a person", keywords: "request access erase gdpr subject" },
		{ part: "retention", title: "How long chats are kept", keywords: "retention legal hold" },
		{ part: "backups", title: "Backups", keywords: "restore recovery code copy" },
		{ part: "archive", title: "Archives", keywords: "export import zip anonymous" },
		{ part: "storage", title: "What is stored where", keywords: "folder size network log" },
	];
	return parts.map(({ part, title, keywords }) => ({
		id: `privacy.${part}`,
		title,
		group: "Privacy",
		keywords,
		run: () => showPart(part),
	}));
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
