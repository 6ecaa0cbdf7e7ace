/** Dockerfiles as text: stages and instructions with their lines. What they mean is the engine's to say. */

export { heredocAt, isHeredoc } from './heredoc.js';
export { parseDockerfile } from './plan.js';
export { type DockerfilePlan, isExecuted, type PlannedInstruction, type PlannedStage } from './planned.js';
export { instructionsFor, isOfSamePlatform, severalPlatforms } from './platforms.js';
