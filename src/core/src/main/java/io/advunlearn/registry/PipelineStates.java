package io.advunlearn.registry;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code pipelines/<name>/<generation>.json}: numbered states that are only ever added. */
final class PipelineStates {

    private static final Pattern NUMBERED = Pattern.compile("([1-9][0-9]{0,17})\\.json");

    private final Path root;
    private final Duration leftoverAge;

    PipelineStates(Path root, Duration leftoverAge) {
        this.root = root;
        this.leftoverAge = leftoverAge;
    }

    /** Pipelines that have a directory, sorted. */
    List<String> names() throws IOException {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.map(entry -> entry.getFileName().toString()).filter(RegistryNames::isId).sorted().toList();
        }
    }

    Optional<PipelineState> newest(String pipeline) throws IOException {
        List<Long> generations = generations(pipeline);
        return generations.isEmpty() ? Optional.empty() : Optional.of(read(pipeline, generations.get(generations.size() - 1)));
    }

    List<PipelineState> history(String pipeline) throws IOException {
        List<PipelineState> states = new ArrayList<>();
        for (long generation : generations(pipeline)) {
            states.add(read(pipeline, generation));
        }
        return states;
    }

    /** @throws ConflictException if the state's generation exists */
    void add(PipelineState state) throws IOException {
        Path directory = DurableFiles.directory(directory(state.pipeline()));
        DurableFiles.deleteLeftovers(directory, leftoverAge);
        try {
            DurableFiles.createExclusively(directory.resolve(state.generation() + ".json"), RegistryJson.pretty(state));
        } catch (FileAlreadyExistsException e) {
            throw new ConflictException("another writer made generation " + state.generation() + " of pipeline '" + state.pipeline()
                    + "' first: read its state and decide again");
        } catch (UnsupportedOperationException e) {
            throw new RegistryException("the registry's file system must support hard links: " + root, e);
        }
    }

    private Path directory(String pipeline) {
        return root.resolve(RegistryNames.requireId("pipeline", pipeline));
    }

    private List<Long> generations(String pipeline) throws IOException {
        Path directory = directory(pipeline);
        List<Long> generations = new ArrayList<>();
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return generations;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Matcher name = NUMBERED.matcher(file.getFileName().toString());
                if (name.matches()) {
                    generations.add(Long.valueOf(name.group(1)));
                }
            }
        }
        generations.sort(null);
        return generations;
    }

    private PipelineState read(String pipeline, long generation) throws IOException {
        String what = "generation " + generation + " of pipeline '" + pipeline + "'";
        PipelineState state = RegistryJson.read(Files.readAllBytes(directory(pipeline).resolve(generation + ".json")), PipelineState.class, what,
                PipelineState.TEXT_ENCODER_2, PipelineState.PREVIOUS_TEXT_ENCODER_2);
        boolean valid = pipeline.equals(state.pipeline()) && state.generation() == generation && RegistryNames.isId(state.encoder())
                && Stream.of(state.textEncoder2(), state.previous(), state.previousTextEncoder2()).allMatch(id -> id == null || RegistryNames.isId(id))
                && state.requiredErasures() != null
                && state.requiredErasures().stream().noneMatch(concept -> concept == null || concept.isBlank()) && state.changedAt() != null;
        if (!valid) {
            throw new RegistryException(what + " is not a pipeline state: its pipeline, generation, encoders or requiredErasures are wrong");
        }
        return state;
    }
}
