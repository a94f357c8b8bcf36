// The one place that talks to the host. Everything else uses `backend` and its types from here.

import { Channel } from "@tauri-apps/api/core";

import type { Backend } from "./backend";
import { commands, events, type Problem } from "./bindings";
import { begun } from "./first";

export type { Backend, OnAnswerEvent } from "./backend";
export { explain, toProblem } from "./errors";
export { first } from "./first";
export { mostSearchHits } from "./bindings";
export type * from "./bindings";

type Outcome<T> = { status: "ok"; data: T } | { status: "error"; error: Problem };

/** Turns a generated command, which returns its error, into a function that throws it. */
function throwing<Args extends unknown[], T>(command: (...args: Args) => Promise<Outcome<T>>) {
	return async (...args: Args): Promise<T> => {
		await begun;
		const outcome = await command(...args);
		if (outcome.status === "error") throw outcome.error;
		return outcome.data;
	};
}

/** The same for a command that leaves nothing to return. */
function silent<Args extends unknown[]>(command: (...args: Args) => Promise<Outcome<null>>) {
	return async (...args: Args): Promise<void> => {
		await throwing(command)(...args);
	};
}

function channel<T>(onEvent: (event: T) => void): Channel<T> {
	const events = new Channel<T>();
	events.onmessage = onEvent;
	return events;
}

/** The host can say that a share is not known. */
function shares(onProgress: (share: number) => void): Channel<number | null> {
	return channel((share) => onProgress(share ?? 0));
}

/** Every wish to hear something that the host has not confirmed yet. */
let pending: Promise<unknown> = Promise.resolve();

const host: Backend = {
	startup: throwing(commands.startup),
	restoreSnapshot: throwing(commands.restoreSnapshot),
	useKeyFile: throwing(commands.useKeyFile),
	startEmpty: throwing(commands.startEmpty),
	quit: silent(commands.quit),

	listConversations: throwing(commands.listConversations),
	searchConversations: throwing(commands.searchConversations),
	createConversation: throwing(commands.createConversation),
	openConversation: throwing(commands.openConversation),
	renameConversation: silent(commands.renameConversation),
	deleteConversation: silent(commands.deleteConversation),
	restoreConversation: silent(commands.restoreConversation),
	setConversationOptions: throwing(commands.setConversationOptions),
	sendMessage: (id, text, pictures, review, onEvent) =>
		silent(commands.sendMessage)(id, text, pictures, review, channel(onEvent)),
	regenerate: (id, review, onEvent) => silent(commands.regenerate)(id, review, channel(onEvent)),
	editMessage: (id, text, review, onEvent) =>
		silent(commands.editMessage)(id, text, review, channel(onEvent)),
	compareModels: (id, text, pictures, models, review, onEvent) =>
		throwing(commands.compareModels)(id, text, pictures, models, review, channel(onEvent)),
	previewMessage: throwing(commands.previewMessage),
	whatWouldLeave: throwing(commands.whatWouldLeave),
	whatComparingLeaves: throwing(commands.whatComparingLeaves),
	foundInMessage: throwing(commands.foundInMessage),
	foundComparing: throwing(commands.foundComparing),
	overruleFinding: silent(commands.overruleFinding),
	takeBackMistake: silent(commands.takeBackMistake),
	whatLeft: throwing(commands.whatLeft),
	stopAnswer: silent(commands.stopAnswer),
	switchBranch: throwing(commands.switchBranch),
	rateMessage: silent(commands.rateMessage),
	exportConversation: throwing(commands.exportConversation),
	importConversations: throwing(commands.importConversations),
	saveDraft: silent(commands.saveDraft),
	newChatDraft: throwing(commands.newChatDraft),
	draftPictures: throwing(commands.draftPictures),
	choosePictures: throwing(commands.choosePictures),
	addDroppedPictures: throwing(commands.addDroppedPictures),
	pastePicture: throwing(commands.pastePicture),
	pasteCopiedPicture: throwing(commands.pasteCopiedPicture),
	removePicture: silent(commands.removePicture),
	showPicture: throwing(commands.showPicture),
	countTokens: throwing(commands.countTokens),
	listPresets: throwing(commands.listPresets),
	savePreset: throwing(commands.savePreset),
	deletePreset: silent(commands.deletePreset),
	openLink: silent(commands.openLink),

	listModels: throwing(commands.listModels),
	addModelByDialog: silent(commands.addModelByDialog),
	cancelAdding: silent(commands.cancelAdding),
	loadModel: silent(commands.loadModel),
	cancelLoad: silent(commands.cancelLoad),
	unloadModel: silent(commands.unloadModel),
	removeModel: throwing(commands.removeModel),
	engineStatus: throwing(commands.engineStatus),
	computer: throwing(commands.computer),

	listAccounts: throwing(commands.listAccounts),
	saveAccount: throwing(commands.saveAccount),
	setAccountKey: throwing(commands.setAccountKey),
	testAccount: throwing(commands.testAccount),
	chooseAccountModels: throwing(commands.chooseAccountModels),
	removeAccount: silent(commands.removeAccount),
	pullModel: (id, model, onProgress) => silent(commands.pullModel)(id, model, channel(onProgress)),
	stopPull: silent(commands.stopPull),
	accountHealth: throwing(commands.accountHealth),
	listAliases: throwing(commands.listAliases),
	saveAlias: throwing(commands.saveAlias),
	removeAlias: silent(commands.removeAlias),
	listConnections: throwing(commands.listConnections),

	inspectText: throwing(commands.inspectText),
	measuredQuality: commands.measuredQuality,
	getPolicy: throwing(commands.getPolicy),
	setPolicy: silent(commands.setPolicy),
	listOwnRules: throwing(commands.listOwnRules),
	newOwnRuleId: commands.newOwnRuleId,
	saveOwnRule: silent(commands.saveOwnRule),
	removeOwnRule: silent(commands.removeOwnRule),
	tryOwnRule: throwing(commands.tryOwnRule),
	listWorkspaces: throwing(commands.listWorkspaces),
	saveWorkspace: throwing(commands.saveWorkspace),

	recordStatus: throwing(commands.recordStatus),
	recordEntries: throwing(commands.recordEntries),
	recordChoices: throwing(commands.recordChoices),
	recordEntry: throwing(commands.recordEntry),
	verifyRecord: (onProgress) => throwing(commands.verifyRecord)(shares(onProgress)),
	stopVerifyingRecord: commands.stopVerifyingRecord,
	recordFailureSeen: silent(commands.recordFailureSeen),
	chooseTimeStampAuthorities: throwing(commands.chooseTimeStampAuthorities),
	saveWitness: throwing(commands.saveWitness),
	compareWitness: throwing(commands.compareWitness),
	exportRecord: throwing(commands.exportRecord),

	listRequests: throwing(commands.listRequests),
	openRequest: throwing(commands.openRequest),
	closeRequest: throwing(commands.closeRequest),
	findPerson: throwing(commands.findPerson),
	exportPerson: throwing(commands.exportPerson),
	previewErasure: throwing(commands.previewErasure),
	erase: (erasure, request, onStep) => throwing(commands.erase)(erasure, request, channel(onStep)),
	saveCertificate: throwing(commands.saveCertificate),
	storedParts: throwing(commands.storedParts),

	localApi: throwing(commands.localApi),
	switchLocalApi: throwing(commands.switchLocalApi),
	addClient: throwing(commands.addClient),
	revokeClient: throwing(commands.revokeClient),
	telemetryStatus: () => commands.telemetryStatus(),
	telemetryHeader: throwing(commands.telemetryHeader),
	setTelemetryHeader: throwing(commands.setTelemetryHeader),
	forgetTelemetryHeader: silent(commands.forgetTelemetryHeader),

	retentionStatus: throwing(commands.retentionStatus),
	setRetention: throwing(commands.setRetention),
	previewRetention: throwing(commands.previewRetention),
	runRetention: throwing(commands.runRetention),
	hold: throwing(commands.hold),
	liftHold: throwing(commands.liftHold),

	backupStatus: throwing(commands.backupStatus),
	setBackupSchedule: throwing(commands.setBackupSchedule),
	chooseBackupFolder: throwing(commands.chooseBackupFolder),
	backUpNow: (onProgress) => throwing(commands.backUpNow)(channel(onProgress)),
	listBackups: throwing(commands.listBackups),
	verifyBackup: throwing(commands.verifyBackup),
	saveRecoveryCode: throwing(commands.saveRecoveryCode),
	restoreBackup: throwing(commands.restoreBackup),

	exportArchive: (scope, passphrase, onProgress) =>
		throwing(commands.exportArchive)(scope, passphrase, shares(onProgress)),
	exportAnonymous: (scope, options, passphrase, onProgress) =>
		throwing(commands.exportAnonymous)(scope, options, passphrase, shares(onProgress)),
	keptPseudonymKeys: throwing(commands.keptPseudonymKeys),
	destroyPseudonymKeys: throwing(commands.destroyPseudonymKeys),
	chooseArchive: throwing(commands.chooseArchive),
	checkArchive: (passphrase, onProgress) =>
		throwing(commands.checkArchive)(passphrase, shares(onProgress)),
	importArchive: (passphrase, onProgress) =>
		throwing(commands.importArchive)(passphrase, shares(onProgress)),
	stopArchive: commands.stopArchive,

	costOverview: throwing(commands.costOverview),
	costChart: throwing(commands.costChart),
	costForecastChart: throwing(commands.costForecastChart),
	costFirstTokens: throwing(commands.costFirstTokens),
	costLines: throwing(commands.costLines),
	costCalls: throwing(commands.costCalls),
	costAdvice: throwing(commands.costAdvice),
	costWhatIf: throwing(commands.costWhatIf),
	planCosts: throwing(commands.planCosts),
	recommendModel: throwing(commands.recommendModel),
	shorterPrompt: commands.shorterPrompt,
	saveCosts: throwing(commands.saveCosts),
	saveCostTable: throwing(commands.saveCostTable),
	listPrices: throwing(commands.listPrices),
	setPrice: throwing(commands.setPrice),
	removePrice: silent(commands.removePrice),

	monitorOverview: throwing(commands.monitorOverview),
	monitorChart: throwing(commands.monitorChart),
	saveMonitor: throwing(commands.saveMonitor),
	saveMonitorChart: throwing(commands.saveMonitorChart),
	monitorLive: throwing(commands.monitorLive),
	stopCall: silent(commands.stopCall),
	listAlerts: throwing(commands.listAlerts),
	addAlert: silent(commands.addAlert),
	removeAlert: silent(commands.removeAlert),

	costBudgets: throwing(commands.costBudgets),
	listBudgets: throwing(commands.listBudgets),
	setBudget: silent(commands.setBudget),
	removeBudget: silent(commands.removeBudget),
	askingPrices: throwing(commands.askingPrices),
	updatePrices: throwing(commands.updatePrices),

	getSettings: throwing(commands.getSettings),
	setSettings: throwing(commands.setSettings),
	storage: throwing(commands.storage),
	makeSnapshot: throwing(commands.makeSnapshot),
	undoUpdate: silent(commands.undoUpdate),
	openDataFolder: silent(commands.openDataFolder),

	on(name, handler) {
		const listening = begun.then(() =>
			events[name].listen((event) => {
				handler(event.payload as Parameters<typeof handler>[0]);
			}),
		);
		pending = Promise.all([pending, listening]);
		return () => void listening.then((unlisten) => unlisten());
	},
	listening: async () => void (await pending),
};

/** The host. Tests and `?fake` put another in its place with `useBackend`. */
export let backend: Backend = host;

export function useBackend(other: Backend): void {
	backend = other;
}
