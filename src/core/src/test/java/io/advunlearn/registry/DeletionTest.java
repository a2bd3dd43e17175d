package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import io.advunlearn.registry.EncoderRegistry.Registration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Labels, deletion with everything that protects an encoder, and the collection of garbage. */
class DeletionTest {

    @TempDir
    Path temporary;
    private Path root;
    private FileEncoderRegistry registry;

    @BeforeEach
    void open() {
        root = temporary.resolve("registry");
        registry = new FileEncoderRegistry(root, "replica-1");
    }

    private void register(String id, String parent) {
        registry.register(new TinyEncoder(1).write(temporary.resolve("candidate")),
                new Registration(id, null, parent, List.of("church"), "advunlearn", "tester", null, new float[0]));
    }

    private void assertNeeded(String id, String... reasons) {
        assertThatThrownBy(() -> registry.delete(id, "alice")).isInstanceOf(ConflictException.class).hasMessage("encoder '" + id + "' is needed: "
                + String.join("; ", reasons));
        assertThat(registry.encoder(id)).isPresent();
        assertThat(registry.auditTrail(1).get(0).outcome()).isEqualTo("refused: " + String.join("; ", reasons));
    }

    private List<Path> entries() throws IOException {
        try (Stream<Path> entries = Files.list(root.resolve("encoders"))) {
            return entries.toList();
        }
    }

    @Test
    void whatNothingNeedsIsGoneAndAudited() throws IOException {
        register("a", "base");
        String digest = registry.encoder("a").orElseThrow().digest();
        registry.delete("a", "alice");
        assertThat(registry.encoder("a")).isEmpty();
        assertThat(entries()).isEmpty();
        assertThat(registry.auditTrail(1)).extracting(AuditEntry::principal, AuditEntry::action, AuditEntry::target, AuditEntry::outcome)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("alice", "delete", "a", "deleting " + digest));
        assertThatThrownBy(() -> registry.delete("a", "alice")).isInstanceOf(RegistryException.class).hasMessage("no encoder 'a' is registered");
        assertThatThrownBy(() -> registry.delete("../audit", "alice")).isInstanceOf(RegistryException.class).hasMessageContaining("id must match");
    }

    @Test
    void pipelinesProtectWhatTheyServeAndRollBackTo() {
        register("a", "base");
        register("b", "base");
        registry.advance("main", 0, "a", List.of(), "tester");
        assertNeeded("a", "pipeline 'main' serves it");
        registry.advance("main", 1, "b", List.of(), "tester");
        assertNeeded("a", "pipeline 'main' would be rolled back to it");
        registry.advance("main", 2, "base", List.of(), "tester");
        registry.delete("a", "alice");
        assertNeeded("b", "pipeline 'main' would be rolled back to it");
        assertThatThrownBy(() -> registry.advance("main", 3, "a", List.of(), "tester")).hasMessage("no encoder 'a' is registered");
    }

    @Test
    void aPipelineProtectsItsSecondEncoder() {
        register("a", "base");
        registry.register(new TinyEncoder(1).withProjection().write(temporary.resolve("second")),
                new Registration("second", null, "base", List.of("church"), "advunlearn", "tester", null, new float[0]));
        registry.advance("sdxl", 0, new EncoderPair("a", "second"), false, List.of(), "tester");
        assertNeeded("second", "pipeline 'sdxl' serves it");
        registry.advance("sdxl", 1, new EncoderPair("base", "base"), false, List.of(), "tester");
        assertNeeded("second", "pipeline 'sdxl' would be rolled back to it");
    }

    @Test
    void anEncoderProtectsItsParents() throws IOException {
        register("a", "base");
        register("b", "a");
        assertNeeded("a", "encoder 'b' was trained from it");
        Files.writeString(root.resolve("encoders/b/config.json"), "{}");
        assertThatThrownBy(() -> registry.delete("a", "alice")).as("what is damaged has a parent all the same").isInstanceOf(ConflictException.class);
        registry.delete("b", "alice");
        assertThat(registry.auditTrail(1).get(0).outcome()).isEqualTo("deleting a damaged encoder");
        registry.delete("a", "alice");
    }

    @ParameterizedTest
    @CsvSource({"erasures,from,queued", "erasures,from,running", "evaluations,encoder,running"})
    void aJobProtectsWhatItUses(String kind, String field, String state) throws IOException {
        register("a", "base");
        Path job = Files.createDirectories(root.resolve(kind).resolve("job-1"));
        Files.writeString(job.resolve("request.json"), "{\"" + field + "\": \"a\"}");
        Files.writeString(job.resolve("status.json"), "{\"state\": \"" + state + "\"}");
        assertNeeded("a", "job 'job-1' is " + state);
        Files.writeString(job.resolve("status.json"), "{\"state\": \"cancelled\"}");
        registry.delete("a", "alice");
    }

    @Test
    void anErasureProtectsTheCandidateThatItHasJustRegistered() throws IOException {
        register("church-1", "base");
        Path job = Files.createDirectories(root.resolve("erasures/church-1"));
        Files.writeString(job.resolve("request.json"), "{\"from\": \"base\"}");
        Files.writeString(job.resolve("status.json"), "{\"state\": \"running\"}");
        assertNeeded("church-1", "job 'church-1' is running");
    }

    @Test
    void aStateThatCannotBeReadProtectsEverything() throws IOException {
        register("a", "base");
        registry.advance("main", 0, "base", List.of(), "tester");
        Files.writeString(root.resolve("pipelines/main/2.json"), "{");
        assertThatThrownBy(() -> registry.delete("a", "alice")).isInstanceOf(RegistryException.class).hasMessageContaining("generation 2 of pipeline 'main'");
        assertThat(registry.encoder("a")).isPresent();
    }

    @Test
    void theLabelKeepProtects() {
        register("a", "base");
        registry.label("a", Map.of("keep", "true", "stage", "golden"), "alice");
        assertNeeded("a", "it has the label keep=true");
        registry.label("a", Map.of("keep", "false"), "alice");
        registry.delete("a", "alice");
    }

    @Test
    void labelsLieBesideTheManifestWhichStaysAsItIs() throws IOException {
        register("a", "base");
        byte[] manifest = Files.readAllBytes(root.resolve("encoders/a/manifest.json"));
        assertThat(registry.labels("a")).isEmpty();
        assertThat(registry.label("a", Map.of("team", "safety", "stage", "candidate"), "alice"))
                .containsExactly(Map.entry("stage", "candidate"), Map.entry("team", "safety"));
        registry.label("a", Collections.singletonMap("stage", null), "bob");
        assertThat(new FileEncoderRegistry(root, "other").labels("a")).containsExactly(Map.entry("team", "safety"));
        assertThat(Files.readAllBytes(root.resolve("encoders/a/manifest.json"))).isEqualTo(manifest);
        assertThat(registry.verify("a").id()).isEqualTo("a");
        assertThat(registry.auditTrail(2)).extracting(AuditEntry::action).containsOnly("label");
        assertThatThrownBy(() -> registry.labels("b")).hasMessage("no encoder 'b' is registered");
        assertThatThrownBy(() -> registry.label("b", Map.of("x", "y"), "alice")).hasMessage("no encoder 'b' is registered");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Team", "a b", "../x", "a=b"})
    void aLabelWithoutAPlainKeyIsRefused(String key) {
        register("a", "base");
        assertThatThrownBy(() -> registry.label("a", Map.of(key, "x"), "alice")).isInstanceOf(RegistryException.class).hasMessageContaining("label must match");
    }

    @Test
    void aLabelsValueIsShortAndPrintable() {
        register("a", "base");
        for (String value : List.of("x".repeat(201), "a\nb", "\u0000")) {
            assertThatThrownBy(() -> registry.label("a", Map.of("k", value), "alice")).isInstanceOf(RegistryException.class)
                    .hasMessageContaining("the value of label 'k' must have at most 200 characters");
        }
        Map<String, String> many = new java.util.HashMap<>();
        for (int i = 0; i < 65; i++) {
            many.put("k" + i, "v");
        }
        assertThatThrownBy(() -> registry.label("a", many, "alice")).hasMessageContaining("at most 64 labels");
        assertThat(registry.labels("a")).isEmpty();
    }

    @Test
    void labelsSetAtTheSameTimeAllStay() {
        register("a", "base");
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String key = "k" + i;
            writers.add(CompletableFuture.runAsync(() -> new FileEncoderRegistry(root, key).label("a", Map.of(key, "v"), key)));
        }
        writers.forEach(CompletableFuture::join);
        assertThat(registry.labels("a")).hasSize(8);
    }

    /** Whoever comes first decides: the promoted encoder is never the deleted one. */
    @Test
    void aDeletionAndAPromotionAtTheSameTime() throws Exception {
        for (int round = 0; round < 20; round++) {
            String id = "raced-" + round;
            String pipeline = "pipeline-" + round;
            register(id, "base");
            CompletableFuture<Boolean> promoted = CompletableFuture.supplyAsync(() -> succeeds(
                    () -> new FileEncoderRegistry(root, "promoter").advance(pipeline, 0, id, List.of(), "tester")));
            boolean deleted = succeeds(() -> registry.delete(id, "alice"));
            assertThat(promoted.get()).as("round %d", round).isNotEqualTo(deleted);
            assertThat(registry.encoder(id).isPresent()).isEqualTo(promoted.get());
        }
    }

    private static boolean succeeds(Runnable work) {
        try {
            work.run();
            return true;
        } catch (RegistryException e) {
            return false;
        }
    }

    private void age(String id, int days) throws IOException {
        Path manifest = root.resolve("encoders").resolve(id).resolve("manifest.json");
        String text = Files.readString(manifest).replaceAll("\"createdAt\" : \"[^\"]*\"", "\"createdAt\" : \"" + Instant.now().minus(Duration.ofDays(days)) + "\"");
        Path sums = manifest.resolveSibling("SHA256SUMS");
        Files.writeString(manifest, text);
        Files.writeString(sums, Files.readString(sums).replaceAll("[0-9a-f]{64}(?=  manifest)", io.advunlearn.tensor.Sha256.of(manifest)));
    }

    @Test
    void garbageIsWhatNobodyRefersToAndOldEnough() throws IOException {
        register("served", "base");
        register("parent", "base");
        register("child", "parent");
        register("old", "base");
        register("old-child", "old");
        register("young", "base");
        register("kept", "base");
        for (String id : List.of("served", "parent", "old", "old-child", "kept")) {
            age(id, 40);
        }
        registry.label("kept", Map.of("keep", "true"), "alice");
        registry.advance("main", 0, "served", List.of(), "tester");
        Path tombstone = Files.createDirectories(root.resolve("encoders/.deleted-gone-1"));
        Files.writeString(tombstone.resolve("model.safetensors"), "12345");
        Path crashed = Files.createDirectories(root.resolve("encoders/.tmp-crashed"));
        Path atWork = Files.createDirectories(root.resolve("encoders/.tmp-at-work"));
        Files.setLastModifiedTime(crashed, FileTime.from(Instant.now().minus(Duration.ofHours(3))));

        List<Garbage> garbage = registry.garbage(Garbage.Ages.DEFAULT);
        assertThat(garbage).extracting(Garbage::kind, Garbage::name).containsExactlyInAnyOrder(org.assertj.core.groups.Tuple.tuple("encoder", "old-child"),
                org.assertj.core.groups.Tuple.tuple("encoder", "old"), org.assertj.core.groups.Tuple.tuple("leftover", "encoders/.deleted-gone-1"),
                org.assertj.core.groups.Tuple.tuple("leftover", "encoders/.tmp-crashed"));
        assertThat(garbage.get(0).name()).as("the child before its parent").isEqualTo("old-child");
        assertThat(garbage).filteredOn(each -> each.name().endsWith("gone-1")).extracting(Garbage::bytes).containsExactly(5L);
        assertThat(registry.encoder("old")).as("a look changes nothing").isPresent();

        assertThat(registry.collect(Garbage.Ages.DEFAULT, "alice")).isEqualTo(garbage);
        assertThat(registry.encoders()).extracting(EncoderManifest::id).containsExactlyInAnyOrder("served", "parent", "child", "young", "kept");
        assertThat(tombstone).doesNotExist();
        assertThat(crashed).doesNotExist();
        assertThat(atWork).exists();
        assertThat(registry.garbage(Garbage.Ages.DEFAULT.withEncoders(Duration.ZERO))).extracting(Garbage::name)
                .containsExactlyInAnyOrder("child", "parent", "young");
    }
}
