// What the interface may ask of the host: the one seam between the two.
// `index.ts` fulfils it over IPC, `fake.ts` in memory for tests and for looking at the interface.

import type {
	AddedClient,
	ClientInput,
	LocalApi,
	Account,
	AccountHealth,
	AccountInput,
	AddedPictures,
	Advice,
	AlertInput,
	AlertNews,
	AlertView,
	Alias,
	Anonymity,
	AnonymousExport,
	AnswerEvent,
	AskingPrice,
	BackupInfo,
	BackupKey,
	BackupProgress,
	BackupReport,
	BackupStatus,
	BudgetInput,
	BudgetView,
	By,
	CallsPage,
	Chart,
	ChartFile,
	ChartTheme,
	CheckedArchive,
	Choices,
	ChosenArchive,
	Computer,
	ConnectionPage,
	Conversation,
	ConversationSummary,
	ConversationsChanged,
	CostTable,
	Difficulty,
	EngineStatus,
	DestroyedKeys,
	EntryDetails,
	EntryRow,
	Erased,
	Erasure,
	ErasurePreview,
	ErasureStep,
	ExportFormat,
	ExportStatus,
	FileForm,
	Filter,
	FirstToken,
	FoundPerson,
	Held,
	ImportedArchive,
	ImportedChats,
	InstalledModel,
	Lines,
	Link,
	Live,
	Measured,
	ModelAdding,
	ModelDragging,
	ModelsChanged,
	MonitorChart,
	MonitorOverview,
	MonitorQuery,
	MonitorTable,
	NamedAuthorities,
	NewRequest,
	Options,
	Overview,
	OwnRule,
	Period,
	Picture,
	PictureDragging,
	PicturesDropped,
	Plan,
	Planned,
	Policy,
	Preset,
	Preview,
	PriceInput,
	PricePage,
	PriceUpdate,
	PricedModel,
	PullProgress,
	Query,
	Rating,
	Recommendation,
	RecordContents,
	RecordStatus,
	RecordVerdict,
	ReportFile,
	RequestState,
	RetentionOutcome,
	RetentionPreview,
	RetentionRule,
	RetentionStatus,
	Review,
	RuleTrial,
	SafetyReport,
	Sampling,
	SavedArchive,
	SavedWitness,
	Scope,
	SearchHit,
	Settings,
	Shorter,
	SnapshotInfo,
	Startup,
	Storage,
	StoredPart,
	SubjectRequest,
	TelemetryHeader,
	Thread,
	TokenCount,
	Turn,
	WhatIf,
	WhatLeaves,
	WitnessVerdict,
	Workspace,
	FoundFor,
	Mistake,
	Problem,
} from "./bindings";

export type OnAnswerEvent = (event: AnswerEvent) => void;

/** What the host tells without being asked. */
export type HostEvents = {
	startupChanged: Startup;
	conversationsChanged: ConversationsChanged;
	modelAdding: ModelAdding;
	modelsChanged: ModelsChanged;
	enginesChanged: EngineStatus[];
	modelDragging: ModelDragging;
	backupsChanged: BackupStatus;
	retentionChanged: RetentionStatus;
	alertChanged: AlertNews;
	/** Something that the host does by itself did not succeed. */
	troubleMet: Problem;
	pictureDragging: PictureDragging;
	picturesDropped: PicturesDropped;
};

/** Every method rejects with an `Problem` when the host refuses. */
export type Backend = {
	/** Opens the data if it is not open yet; after a problem it tries again. */
	startup(): Promise<Startup>;
	/** From an open app it also loads the window afresh. */
	restoreSnapshot(name: string): Promise<Startup>;
	useKeyFile(): Promise<Startup>;
	startEmpty(): Promise<Startup>;
	quit(): Promise<void>;

	listConversations(): Promise<ConversationSummary[]>;
	searchConversations(query: string): Promise<SearchHit[]>;
	createConversation(): Promise<Conversation>;
	openConversation(id: string): Promise<Thread>;
	renameConversation(id: string, title: string): Promise<void>;
	deleteConversation(id: string): Promise<void>;
	restoreConversation(id: string): Promise<void>;
	setConversationOptions(id: string, options: Options): Promise<Conversation>;
	sendMessage(
		conversationId: string,
		text: string,
		pictures: string[],
		review: Review,
		onEvent: OnAnswerEvent,
	): Promise<void>;
	regenerate(messageId: string, review: Review, onEvent: OnAnswerEvent): Promise<void>;
	editMessage(
		messageId: string,
		text: string,
		review: Review,
		onEvent: OnAnswerEvent,
	): Promise<void>;
	/** For each model why it was not asked; null: it was. */
	compareModels(
		conversationId: string,
		text: string,
		pictures: string[],
		models: Link[],
		review: Review,
		onEvent: OnAnswerEvent,
	): Promise<(Problem | null)[]>;
	previewMessage(turn: Turn): Promise<Preview>;
	whatWouldLeave(turn: Turn): Promise<WhatLeaves | null>;
	whatComparingLeaves(turn: Turn, models: Link[]): Promise<WhatLeaves[]>;
	foundInMessage(turn: Turn): Promise<FoundFor | null>;
	foundComparing(turn: Turn, models: Link[]): Promise<FoundFor[]>;
	overruleFinding(turn: Turn, mistake: Mistake, sure: boolean): Promise<void>;
	takeBackMistake(turn: Turn, mistake: Mistake): Promise<void>;
	whatLeft(call: number): Promise<WhatLeaves | null>;
	stopAnswer(conversationId: string): Promise<void>;
	switchBranch(messageId: string): Promise<Thread>;
	rateMessage(messageId: string, rating: Rating | null): Promise<void>;
	exportConversation(id: string, format: ExportFormat): Promise<string | null>;
	importConversations(): Promise<ImportedChats | null>;
	saveDraft(conversationId: string | null, text: string): Promise<void>;
	newChatDraft(): Promise<string>;
	/** No conversation: the new chat, as in the next ones. */
	draftPictures(conversationId: string | null): Promise<Picture[]>;
	choosePictures(conversationId: string | null): Promise<AddedPictures>;
	/** The files that were dropped on the window last. */
	addDroppedPictures(conversationId: string | null): Promise<AddedPictures>;
	pastePicture(conversationId: string | null, base64: string): Promise<Picture>;
	/** The picture that was copied last, where a paste gave the page nothing; null: none was copied. */
	pasteCopiedPicture(conversationId: string | null): Promise<Picture | null>;
	removePicture(id: string): Promise<void>;
	/** As a `data:` address: whole, or a small copy. */
	showPicture(id: string, whole: boolean): Promise<string>;
	countTokens(modelId: string, text: string): Promise<TokenCount>;
	listPresets(): Promise<Preset[]>;
	savePreset(name: string, systemPrompt: string, sampling: Sampling): Promise<Preset>;
	deletePreset(id: string): Promise<void>;
	openLink(url: string): Promise<void>;

	listModels(): Promise<InstalledModel[]>;
	addModelByDialog(): Promise<void>;
	cancelAdding(): Promise<void>;
	loadModel(id: string): Promise<void>;
	cancelLoad(id: string): Promise<void>;
	unloadModel(id: string): Promise<void>;
	removeModel(id: string, deleteFile: boolean): Promise<boolean>;
	engineStatus(): Promise<EngineStatus[]>;
	computer(): Promise<Computer>;

	listAccounts(): Promise<Account[]>;
	saveAccount(id: string | null, input: AccountInput): Promise<Account>;
	setAccountKey(id: string, key: string): Promise<Account>;
	testAccount(id: string): Promise<Account>;
	chooseAccountModels(id: string, models: string[]): Promise<Account>;
	removeAccount(id: string): Promise<void>;
	pullModel(id: string, model: string, onProgress: (progress: PullProgress) => void): Promise<void>;
	stopPull(id: string): Promise<void>;
	accountHealth(): Promise<AccountHealth[]>;
	listAliases(): Promise<Alias[]>;
	saveAlias(id: string | null, name: string, chain: Link[]): Promise<Alias>;
	removeAlias(id: string): Promise<void>;
	listConnections(before: number | null): Promise<ConnectionPage>;

	inspectText(text: string): Promise<SafetyReport>;
	measuredQuality(): Promise<Measured>;
	getPolicy(): Promise<Policy>;
	setPolicy(policy: Policy): Promise<void>;
	listOwnRules(): Promise<OwnRule[]>;
	newOwnRuleId(): Promise<string>;
	saveOwnRule(rule: OwnRule): Promise<void>;
	removeOwnRule(id: string): Promise<void>;
	tryOwnRule(rule: OwnRule, text: string): Promise<RuleTrial>;
	listWorkspaces(): Promise<Workspace[]>;
	saveWorkspace(id: string | null, name: string): Promise<Workspace>;

	recordStatus(): Promise<RecordStatus>;
	/** Newest first. */
	recordEntries(filter: Filter): Promise<EntryRow[]>;
	recordChoices(): Promise<Choices>;
	recordEntry(sequence: number): Promise<EntryDetails | null>;
	/** `onProgress` hears the share that is done, 0 to 1. */
	verifyRecord(onProgress: (share: number) => void): Promise<RecordVerdict>;
	stopVerifyingRecord(): Promise<void>;
	recordFailureSeen(): Promise<void>;
	/** From a file that the person chooses; null if they chose none. */
	chooseTimeStampAuthorities(): Promise<NamedAuthorities | null>;
	/**
	 * Saved to a file that the person chooses, time-stamped by the service at an address; null if they
	 * chose none. The stamp must lead to one of the authorities (PEM), if any are named. Where a fault
	 * stands they must insist.
	 */
	saveWitness(
		insist: boolean,
		timeStampUrl: string | null,
		authorities: string | null,
	): Promise<SavedWitness | null>;
	/** Without a code the person chooses a file; null if they chose none. */
	compareWitness(code: string | null): Promise<WitnessVerdict | null>;
	exportRecord(contents: RecordContents, insist: boolean): Promise<string | null>;

	/** Newest first. */
	listRequests(): Promise<SubjectRequest[]>;
	openRequest(request: NewRequest): Promise<SubjectRequest>;
	closeRequest(number: number, outcome: RequestState): Promise<SubjectRequest>;
	findPerson(identifiers: string[]): Promise<FoundPerson>;
	/** To a file that the person chooses; its path, or null if they chose none. */
	exportPerson(identifiers: string[], form: FileForm): Promise<string | null>;
	previewErasure(erasure: Erasure): Promise<ErasurePreview>;
	/** `onStep` hears what it is doing. */
	erase(
		erasure: Erasure,
		request: number | null,
		onStep: (step: ErasureStep) => void,
	): Promise<Erased>;
	saveCertificate(entry: number, form: FileForm): Promise<string | null>;
	storedParts(): Promise<StoredPart[]>;

	localApi(): Promise<LocalApi>;
	switchLocalApi(on: boolean, port: number): Promise<LocalApi>;
	/** The key is shown once, and nobody can show it again. */
	addClient(client: ClientInput): Promise<AddedClient>;
	revokeClient(id: string): Promise<LocalApi>;
	telemetryStatus(): Promise<ExportStatus>;
	/** Without its value, which nobody is given. */
	telemetryHeader(): Promise<TelemetryHeader | null>;
	setTelemetryHeader(address: string, name: string, value: string): Promise<TelemetryHeader>;
	forgetTelemetryHeader(): Promise<void>;

	retentionStatus(): Promise<RetentionStatus>;
	/** Null: until somebody deletes them. */
	setRetention(workspaceId: string, rule: RetentionRule | null): Promise<RetentionStatus>;
	previewRetention(): Promise<RetentionPreview>;
	runRetention(): Promise<RetentionOutcome>;
	hold(on: Held, reason: string): Promise<RetentionStatus>;
	liftHold(on: Held): Promise<RetentionStatus>;

	backupStatus(): Promise<BackupStatus>;
	/** `everyHours` null: only by hand. */
	setBackupSchedule(everyHours: number | null, keep: number): Promise<BackupStatus>;
	chooseBackupFolder(): Promise<BackupStatus | null>;
	backUpNow(onProgress: (progress: BackupProgress) => void): Promise<BackupInfo>;
	/** Newest first. */
	listBackups(): Promise<BackupInfo[]>;
	/** Without a name the person chooses a file; null if they chose none. */
	verifyBackup(name: string | null): Promise<BackupReport | null>;
	saveRecoveryCode(): Promise<string | null>;
	/** The same; where it works, the host loads the window afresh. */
	restoreBackup(name: string | null, key: BackupKey): Promise<Startup | null>;

	/** `onProgress` hears the share that is done, 0 to 1; null if the person chose no file. */
	exportArchive(
		scope: Scope,
		passphrase: string | null,
		onProgress: (share: number) => void,
	): Promise<SavedArchive | null>;
	/** With pseudonyms in place of who is in it. */
	exportAnonymous(
		scope: Scope,
		options: Anonymity,
		passphrase: string | null,
		onProgress: (share: number) => void,
	): Promise<AnonymousExport | null>;
	/** Workspaces that keep the key of their pseudonyms. */
	keptPseudonymKeys(): Promise<string[]>;
	destroyPseudonymKeys(): Promise<DestroyedKeys>;
	chooseArchive(): Promise<ChosenArchive | null>;
	/** Of the archive that was chosen last, as is the import. */
	checkArchive(
		passphrase: string | null,
		onProgress: (share: number) => void,
	): Promise<CheckedArchive>;
	importArchive(
		passphrase: string | null,
		onProgress: (share: number) => void,
	): Promise<ImportedArchive>;
	stopArchive(): Promise<void>;

	costOverview(query: Query): Promise<Overview>;
	costChart(query: Query, theme: ChartTheme, width: number): Promise<Chart>;
	costForecastChart(query: Query, theme: ChartTheme, width: number): Promise<Chart | null>;
	costFirstTokens(query: Query): Promise<FirstToken[]>;
	costLines(query: Query, by: By): Promise<Lines>;
	costCalls(query: Query, after: number | null): Promise<CallsPage>;
	costAdvice(query: Query): Promise<Advice[]>;
	costWhatIf(query: Query, models: PricedModel[]): Promise<WhatIf[]>;
	planCosts(plan: Plan, models: PricedModel[]): Promise<Planned[]>;
	recommendModel(
		plan: Plan,
		difficulty: Difficulty,
		budget: string,
	): Promise<Recommendation | null>;
	shorterPrompt(text: string): Promise<Shorter>;
	/** Where the person wanted the file; null: nowhere. */
	saveCosts(query: Query, file: ReportFile, theme: ChartTheme): Promise<string | null>;
	/** Where the person wanted the file; null: nowhere. */
	saveCostTable(table: CostTable): Promise<string | null>;
	listPrices(words: string): Promise<PricePage>;
	/** What a person is told who may have meant another provider, if they may. */
	setPrice(price: PriceInput): Promise<string | null>;
	/** One price of one's own, by its number. */
	removePrice(id: number): Promise<void>;

	monitorOverview(query: MonitorQuery): Promise<MonitorOverview>;
	monitorChart(
		query: MonitorQuery,
		of: MonitorChart,
		theme: ChartTheme,
		width: number,
	): Promise<Chart>;
	/** Where the person wanted the file; null: nowhere. */
	saveMonitor(query: MonitorQuery, table: MonitorTable): Promise<string | null>;
	saveMonitorChart(
		query: MonitorQuery,
		of: MonitorChart,
		file: ChartFile,
		theme: ChartTheme,
	): Promise<string | null>;
	monitorLive(): Promise<Live>;
	stopCall(number: number): Promise<void>;
	listAlerts(): Promise<AlertView[]>;
	addAlert(alert: AlertInput): Promise<void>;
	removeAlert(number: number): Promise<void>;

	/** Those that hold in a workspace; null: only those for everything. */
	costBudgets(workspace: string | null): Promise<BudgetView[]>;
	listBudgets(): Promise<BudgetView[]>;
	setBudget(budget: BudgetInput): Promise<void>;
	removeBudget(everywhere: boolean, period: Period): Promise<void>;
	askingPrices(): Promise<AskingPrice[]>;
	updatePrices(): Promise<PriceUpdate>;

	getSettings(): Promise<Settings>;
	setSettings(settings: Settings): Promise<Settings>;
	storage(): Promise<Storage>;
	makeSnapshot(): Promise<SnapshotInfo>;
	undoUpdate(): Promise<void>;
	openDataFolder(): Promise<void>;

	/** Listens until the returned function is called. */
	on<Name extends keyof HostEvents>(
		name: Name,
		handler: (payload: HostEvents[Name]) => void,
	): () => void;
	/** Resolves when all that was asked of `on` is heard: what is read after that misses nothing. */
	listening(): Promise<void>;
};
