package io.advunlearn.registry;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code pipelines/<name>/routes/<generation>.json}: numbered as {@link PipelineStates}. */
final class PipelineRouteFiles {

    private final Path root;
    private final NumberedFiles files;

    PipelineRouteFiles(Path root, Duration leftoverAge) {
        this.root = root;
        files = new NumberedFiles(leftoverAge);
    }

    Optional<PipelineRoutes> newest(String pipeline) throws IOException {
        List<Long> generations = files.numbers(directory(pipeline));
        return generations.isEmpty() ? Optional.empty() : Optional.of(read(pipeline, generations.get(generations.size() - 1)));
    }

    /** @throws ConflictException if the generation exists */
    void add(PipelineRoutes routes) throws IOException {
        Path directory = directory(routes.pipeline());
        DurableFiles.directory(directory.getParent());
        files.add(directory, routes.generation(), RegistryJson.pretty(routes), "the routes of pipeline '" + routes.pipeline() + "'");
    }

    private Path directory(String pipeline) {
        return root.resolve(RegistryNames.requireId("pipeline", pipeline)).resolve("routes");
    }

    private PipelineRoutes read(String pipeline, long generation) throws IOException {
        String what = "generation " + generation + " of the routes of pipeline '" + pipeline + "'";
        PipelineRoutes routes = RegistryJson.read(files.read(directory(pipeline), generation), PipelineRoutes.class, what);
        boolean valid = pipeline.equals(routes.pipeline()) && routes.generation() == generation && routes.changedAt() != null && routes.routes() != null
                && routes.routes().entrySet().stream().allMatch(route -> PipelineRoutes.isValid(route.getKey(), route.getValue()));
        if (!valid) {
            throw new RegistryException(what + " is not right: its pipeline, generation, tenants, encoders or share are wrong");
        }
        return routes;
    }
}
