package io.advunlearn.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.pipeline.ComponentSnapshot;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Who needs registered encoders: pipelines, jobs that are not over, other encoders, and people who labelled them. */
final class EncoderReferences {

    /** With the value {@code true} an encoder is neither deleted nor collected. */
    static final String KEEP = "keep";

    /** Jobs of these kinds use encoders: where they are kept, and the field of {@code request.json} that names one. */
    private static final Map<String, String> JOBS = Map.of("erasures", "from", "evaluations", "encoder");
    private static final Set<String> UNFINISHED = Set.of("queued", "running");

    private final Path root;
    private final EncoderStore encoders;
    private final StateStore states;

    EncoderReferences(Path root, EncoderStore encoders, StateStore states) {
        this.root = root;
        this.encoders = encoders;
        this.states = states;
    }

    /**
     * @param encoder that is needed
     * @param child the encoder whose parent it is; {@code null} if something else needs it
     * @param reason in words
     */
    record Reference(String encoder, String child, String reason) { }

    /** @throws RegistryException if a pipeline's newest state cannot be read, so that nobody knows what it needs */
    List<Reference> all() throws IOException {
        List<Reference> all = new ArrayList<>();
        for (String pipeline : states.pipelines()) {
            states.newestState(pipeline).ifPresent(state -> add(all, state));
            states.newestRoutes(pipeline).ifPresent(newest -> add(all, newest));
        }
        for (Map.Entry<String, String> jobs : JOBS.entrySet()) {
            addJobs(all, root.resolve(jobs.getKey()), jobs.getValue());
        }
        for (String id : encoders.ids()) {
            add(all, encoders.claimedParent(id), id, "encoder '" + id + "' was trained from it");
            String kept = keptBecause(id);
            if (kept != null) {
                add(all, id, null, kept);
            }
        }
        return all;
    }

    /** Labels that cannot be read may say so. @return {@code null} if it is not kept */
    private String keptBecause(String id) throws IOException {
        try {
            return "true".equals(encoders.labels(id).get(KEEP)) ? "it has the label " + KEEP + "=true" : null;
        } catch (RegistryException e) {
            return "its labels cannot be read";
        }
    }

    /** Why an encoder is needed, empty if it is not. */
    List<String> to(String id) throws IOException {
        return all().stream().filter(reference -> reference.encoder.equals(id)).map(Reference::reason).distinct().toList();
    }

    private static void add(List<Reference> all, PipelineState state) {
        String pipeline = "pipeline '" + state.pipeline() + "'";
        add(all, state.encoder(), null, pipeline + " serves it");
        add(all, state.textEncoder2(), null, pipeline + " serves it");
        add(all, state.previousEncoders().encoder(), null, pipeline + " would be rolled back to it");
        add(all, state.previousEncoders().textEncoder2(), null, pipeline + " would be rolled back to it");
    }

    private static void add(List<Reference> all, PipelineRoutes newest) {
        newest.routes().forEach((name, route) -> {
            String reason = "pipeline '" + newest.pipeline() + "' routes '" + name + "' to it";
            add(all, route.encoders().encoder(), null, reason);
            add(all, route.encoders().textEncoder2(), null, reason);
        });
    }

    private static void add(List<Reference> all, String encoder, String child, String reason) {
        if (encoder != null && !ComponentSnapshot.BASE_ID.equals(encoder)) {
            all.add(new Reference(encoder, child, reason));
        }
    }

    /** The candidate of an erasure that is not over has the job's id. */
    private static void addJobs(List<Reference> all, Path directory, String field) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (DirectoryStream<Path> jobs = Files.newDirectoryStream(directory)) {
            for (Path job : jobs) {
                String id = job.getFileName().toString();
                String state = text(job.resolve("status.json"), "state");
                if (state != null && UNFINISHED.contains(state)) {
                    String reason = "job '" + id + "' is " + state;
                    add(all, text(job.resolve("request.json"), field), null, reason);
                    add(all, id, null, reason);
                }
            }
        }
    }

    /** {@code null} if there is no such file or field, or the file is damaged. */
    private static String text(Path file, String field) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        try {
            return RegistryJson.read(Files.readAllBytes(file), JsonNode.class, file.getFileName().toString()).path(field).asText(null);
        } catch (RegistryException e) {
            return null;
        }
    }
}
