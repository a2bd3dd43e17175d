package io.advunlearn.service.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobDirectoryTest {

    @TempDir
    Path root;

    @Test
    void keepsRequestAndStatus() {
        JobStore store = new JobStore(root);
        JobDirectory job = store.create("A Church!", "one", Map.of("concept", "church"));
        assertThat(job.id()).startsWith("a-church-");
        job.write(job.status().running().succeeded(Map.of("encoder", "x")));
        JobDirectory again = store.find(job.id()).orElseThrow();
        assertThat(again.request().path("concept").asText()).isEqualTo("church");
        assertThat(again.status().state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(again.status().result()).containsEntry("encoder", "x");
        assertThat(again.status().startedAt()).isNotNull();
    }

    @Test
    void findsNothingOutsideItsDirectory() {
        JobStore store = new JobStore(root.resolve("jobs"));
        store.create("x", "one", Map.of());
        new JobDirectory(root.resolve("other")).create(Map.of(), JobStatus.queued("other", "one"));
        assertThat(List.of("../other", "..", ".", "", "/etc", "a/b")).allSatisfy(id -> assertThat(store.find(id)).isEmpty());
    }

    @Test
    void goesOnReadingEventsWhereItStopped() {
        JobDirectory job = new JobStore(root).create("x", "one", Map.of());
        job.append("state", Map.of("state", JobState.QUEUED));
        job.append("progress", Map.of("iteration", 1));
        List<JobDirectory.Event> all = job.events(0);
        assertThat(all).extracting(JobDirectory.Event::type).containsExactly("state", "progress");
        assertThat(job.events(all.get(0).end())).containsExactly(all.get(1));
        assertThat(job.events(all.get(1).end())).isEmpty();
        assertThat(job.latest("progress").orElseThrow().path("iteration").asInt()).isEqualTo(1);
    }

    @Test
    void dropsALineThatACrashCut() throws Exception {
        JobDirectory job = new JobStore(root).create("x", "one", Map.of());
        job.append("progress", Map.of("iteration", 1));
        Files.writeString(job.path().resolve("events.jsonl"), "{\"type\":\"prog", StandardOpenOption.APPEND);
        assertThat(job.events(0)).hasSize(1);
        job.dropCutLine();
        job.append("progress", Map.of("iteration", 2));
        assertThat(job.events(0)).hasSize(2);
        assertThat(job.latest("progress").orElseThrow().path("iteration").asInt()).isEqualTo(2);
    }
}
