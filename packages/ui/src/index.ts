export type {
  AssetDetail,
  AssetPage,
  AssetSummary,
  AssetView,
  ColumnView,
  EnvironmentView,
  ErrorView,
  EventPage,
  HistoryPage,
  MaterializationSummary,
  ProjectView,
  RunPage,
  ServerView,
  StepPage,
} from "./api/api-view.ts"
export type { Server, ServerOptions } from "./server.ts"
export { startServer } from "./server.ts"
