package io.advunlearn.quarkus.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.quarkus.jobs.JobDirectory;
import io.advunlearn.quarkus.jobs.JobStatus;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** What erasures and evaluations have in common when they are asked about. */
final class JobAnswers {

    private static final Duration FIRST_LOOK = Duration.ofMillis(1);
    private static final Duration POLL = Duration.ofMillis(250);

    private JobAnswers() {
    }

    static Response accepted(JobDirectory job, String collection) {
        return AdminAnswers.json(202, describe(job)).location(URI.create(AdminBridge.PREFIX + "/" + collection + "/" + job.id())).build();
    }

    static Map<String, Object> describe(JobDirectory job) {
        JobStatus status = job.status();
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("id", status.id());
        members.put("state", status.state());
        members.put("request", ((ObjectNode) job.request()).without("principal"));
        members.put("replica", status.replica());
        members.put("createdAt", status.createdAt());
        members.put("startedAt", status.startedAt());
        members.put("finishedAt", status.finishedAt());
        members.put("error", status.error());
        members.put("result", status.result());
        members.put("latest", job.latest("progress").orElse(null));
        return members;
    }

    /**
     * The job's events from the beginning, or from where a client's last connection broke off, and then as they come until the
     * job is over. Read from the file, so that any replica can answer.
     *
     * @param lastEventId {@code Last-Event-ID}, may be null
     */
    static Multi<OutboundSseEvent> events(JobDirectory job, String lastEventId, Sse sse) {
        AtomicLong position = new AtomicLong(parse(lastEventId));
        return Multi.createFrom().ticks().startingAfter(FIRST_LOOK).every(POLL).onOverflow().drop()
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .map(tick -> next(job, position))
                .select().first(batch -> !batch.last())
                .onItem().transformToMultiAndConcatenate(batch -> Multi.createFrom().iterable(batch.events()))
                .map(event -> sse.newEventBuilder().id(Long.toString(event.end())).name(event.type())
                        .mediaType(MediaType.TEXT_PLAIN_TYPE).data(String.class, event.json()).build());
    }

    private record Batch(List<JobDirectory.Event> events, boolean last) {
    }

    private static Batch next(JobDirectory job, AtomicLong position) {
        // The state first: what was written before it became final is then in the file.
        boolean over = job.status().state().isFinal();
        List<JobDirectory.Event> events = job.events(position.get());
        if (!events.isEmpty()) {
            position.set(events.get(events.size() - 1).end());
        }
        return new Batch(events, over && events.isEmpty());
    }

    private static long parse(String lastEventId) {
        try {
            return lastEventId == null ? 0 : Math.max(0, Long.parseLong(lastEventId));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
