/** Dockerfiles as text: stages and instructions with their lines. What they mean is the engine's to say. */
export type { DockerfilePlan, PlannedInstruction, PlannedStage } from './plan.js';
export { parseDockerfile } from './plan.js';
export { instructionsFor, isOfSamePlatform, severalPlatforms } from './platforms.js';
