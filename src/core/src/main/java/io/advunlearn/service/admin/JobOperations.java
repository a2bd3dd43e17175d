package io.advunlearn.service.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.service.jobs.JobDirectory;
import io.advunlearn.service.jobs.JobEvents;
import io.advunlearn.service.jobs.JobStatus;
import io.advunlearn.service.jobs.Jobs;
import io.advunlearn.service.json.Answer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What erasures and evaluations have in common. */
public abstract class JobOperations {

    private final Jobs<?> jobs;
    private final String collection;

    /** @param collection their name in paths and lists */
    JobOperations(Jobs<?> jobs, String collection) {
        this.jobs = jobs;
        this.collection = collection;
    }

    public final Answer list() {
        return AdminAnswers.answer(() -> Answer.json(200, Map.of(collection, jobs.all().stream().map(JobOperations::describe).toList())));
    }

    /** Where a job stands. */
    public final Answer get(String id) {
        return AdminAnswers.answer(() -> Answer.json(200, members(job(id))));
    }

    /** Asks a job to stop at its next step. */
    public final Answer cancel(String id) {
        return AdminAnswers.answer(() -> {
            JobDirectory job = job(id);
            jobs.cancel(job);
            cancelled(job);
            return accepted(job);
        });
    }

    /** Called when a job was asked to stop. */
    void cancelled(JobDirectory job) {
    }

    /**
     * A job's events, for an event stream (WHATWG HTML, section 9.2): each event's {@code end} is its id, its type the event's
     * name and its JSON the data.
     *
     * @param lastEventId the request's {@code Last-Event-ID}, may be null; what is no event's id means the beginning
     * @return empty if there is no such job
     */
    public final Optional<JobEvents> events(String id, String lastEventId) {
        return jobs.find(id).map(job -> new JobEvents(job, isEvent(job, lastEventId) ? lastEventId : null));
    }

    /** From the middle of an event nothing can be read. */
    private static boolean isEvent(JobDirectory job, String id) {
        return id != null && job.events(0).stream().anyMatch(event -> Long.toString(event.end()).equals(id));
    }

    /** The answer to whoever asks about a job that there is not. */
    public static Answer noJob(String id) {
        return missing(id).problem().answer();
    }

    private static ProblemException missing(String id) {
        return ProblemException.notFound("there is no job " + id);
    }

    final JobDirectory job(String id) {
        return jobs.find(id).orElseThrow(() -> missing(id));
    }

    final Answer accepted(JobDirectory job) {
        return Answer.json(202, describe(job)).with("Location", AdminApi.PREFIX + "/" + collection + "/" + job.id());
    }

    /** What {@link #get} tells of a job. */
    Map<String, Object> members(JobDirectory job) {
        return describe(job);
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
}
