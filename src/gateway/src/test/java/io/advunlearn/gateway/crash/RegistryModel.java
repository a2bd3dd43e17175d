package io.advunlearn.gateway.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a gateway must have after a crash, kept by what it has answered alone: what was answered is done, and of what was not, at most one thing at a time, either
 * all is or nothing.
 */
final class RegistryModel {

    /** Digests of what is registered, by id. */
    private final Map<String, String> registered = new TreeMap<>();
    private final Set<String> deleted = new HashSet<>();
    private final Set<String> erasures = new HashSet<>();
    private final Set<String> finished = new HashSet<>();
    private final List<Long> promoted = new ArrayList<>();
    private String served;
    private long generation;

    private String arriving;
    private String arrivingDigest;
    private String leaving;
    private String attempted;
    private boolean erasing;

    void registers(String id, String digest) {
        arriving = id;
        arrivingDigest = digest;
    }

    void registered() {
        registered.put(arriving, arrivingDigest);
        arriving = null;
    }

    void deletes(String id) {
        leaving = id;
    }

    /** @param done whether it was not refused */
    void deleted(boolean done) {
        if (done) {
            registered.remove(leaving);
            deleted.add(leaving);
        }
        leaving = null;
    }

    void promotes(String id) {
        attempted = id;
    }

    void promoted(long newGeneration) {
        assertThat(newGeneration).isEqualTo(generation + 1);
        promoted.add(newGeneration);
        generation = newGeneration;
        served = attempted;
        attempted = null;
    }

    /** Before anything was asked of it. */
    void starts(String id, long firstGeneration) {
        served = id;
        generation = firstGeneration;
    }

    void erases() {
        erasing = true;
    }

    void erases(String id) {
        erasures.add(id);
        erasing = false;
    }

    /** Ids of what is registered for certain, sorted. */
    List<String> encoders() {
        return List.copyOf(registered.keySet());
    }

    String served() {
        return served;
    }

    Set<String> erasures() {
        return Set.copyOf(erasures);
    }

    /** Generations that were answered. */
    List<Long> promotions() {
        return List.copyOf(promoted);
    }

    /** @param state of {@code GET pipelines/<name>/text-encoder} */
    void checkServed(JsonNode state) {
        JsonNode desired = state.path("desired");
        long now = desired.path("generation").asLong();
        String encoder = desired.path("encoder").asText();
        if (now != generation) {
            assertThat(attempted).as("generation %d instead of %d, and nothing was asked for", now, generation).isNotNull();
            assertThat(now).isEqualTo(generation + 1);
            served = attempted;
            generation = now;
        }
        attempted = null;
        assertThat(encoder).isEqualTo(served);
        assertThat(state.at("/active/encoder").asText()).as("is served").isEqualTo(served);
        assertThat(state.at("/active/generation").asLong()).isEqualTo(generation);
    }

    /** @param encoders of {@code GET encoders} */
    void checkEncoders(JsonNode encoders) {
        Map<String, String> found = new TreeMap<>();
        encoders.forEach(each -> found.put(each.path("id").asText(), each.path("digest").asText()));
        if (arriving != null && found.containsKey(arriving)) {
            registered();
        }
        arriving = null;
        if (leaving != null) {
            deleted(!found.containsKey(leaving));
        }
        assertThat(found).as("what was registered is there").containsAllEntriesOf(registered);
        assertThat(found.keySet()).as("what was deleted is not").noneMatch(deleted::contains);
        assertThat(found.keySet()).as("the candidates of erasures that have succeeded").containsAll(finished);
        found.keySet().removeAll(registered.keySet());
        assertThat(erasures).as("nothing else is there but the erasures' candidates").containsAll(found.keySet());
    }

    /** @param jobs of {@code GET erasures} */
    void checkErasures(JsonNode jobs) {
        Set<String> found = new HashSet<>();
        jobs.forEach(job -> {
            assertThat(job.path("state").asText()).as("%s", job).isIn("queued", "running", "succeeded");
            found.add(job.path("id").asText());
            if (job.path("state").asText().equals("succeeded")) {
                finished.add(job.path("id").asText());
            }
        });
        assertThat(found).containsAll(erasures);
        found.removeAll(erasures);
        assertThat(found).as("unknown erasures").hasSizeLessThanOrEqualTo(erasing ? 1 : 0);
        found.forEach(this::erases);
        erasing = false;
    }
}
