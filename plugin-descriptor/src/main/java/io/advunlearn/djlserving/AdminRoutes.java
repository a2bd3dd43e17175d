package io.advunlearn.djlserving;

import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Role;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.AdminPermissions;
import io.advunlearn.service.admin.EncoderOperations;
import io.advunlearn.service.admin.ErasureOperations;
import io.advunlearn.service.admin.EvaluationOperations;
import io.advunlearn.service.admin.JobOperations;
import io.advunlearn.service.admin.PipelineOperations;
import io.advunlearn.service.admin.Problem;
import io.advunlearn.service.jobs.JobEvents;
import io.advunlearn.service.json.Answer;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** Which operation of the admin API a method and a path mean. */
final class AdminRoutes {

    private final AdminApi admin;
    private final Identity caller;
    private final TracedEncoders traced;

    /** @param caller whose requests they are */
    AdminRoutes(AdminApi admin, Identity caller, TracedEncoders traced) {
        this.admin = admin.as(caller);
        this.caller = caller;
        this.traced = traced;
    }

    /**
     * The job whose events a request asks for; empty if the request asks for something else, or its sender may not have them.
     *
     * @param path segments below {@link AdminApi#PREFIX}
     */
    Optional<Events> events(String method, List<String> path) {
        if (!caller.may(AdminPermissions.least(method, path)) || !method.equals("GET") || path.size() != 3 || !path.get(2).equals("events")) {
            return Optional.empty();
        }
        return switch (path.get(0)) {
            case "erasures" -> Optional.of(new Events(admin.erasures(), path.get(1)));
            case "evaluations" -> Optional.of(new Events(admin.evaluations(), path.get(1)));
            default -> Optional.empty();
        };
    }

    /** A job's event stream. */
    record Events(JobOperations jobs, String id) {

        /** Empty if there is no such job. */
        Optional<JobEvents> open(String lastEventId) {
            return jobs.events(id, lastEventId);
        }

        Answer missing() {
            return JobOperations.noJob(id);
        }
    }

    /** Runs the operation; blocks. @param path segments below {@link AdminApi#PREFIX} */
    Answer answer(String method, List<String> path, byte[] body) {
        Role needed = AdminPermissions.least(method, path);
        return caller.may(needed) ? permitted(method, path, body) : Problem.forbidden(caller, needed, "this operation").answer();
    }

    private Answer permitted(String method, List<String> path, byte[] body) {
        return (switch (path.isEmpty() ? "" : path.get(0)) {
            case "audit" -> audit(method, path);
            case "schemas" -> schemas(method, path);
            case "encoders" -> encoders(method, path, body);
            case "registry" -> registry(method, path, body);
            case "pipelines" -> pipelines(method, path, body);
            case "erasures" -> erasures(method, path, body);
            case "evaluations" -> evaluations(method, path, body);
            case "traced-encoders" -> tracedEncoders(method, path, body);
            default -> Optional.<Operation>empty();
        }).orElse(() -> AdminApi.nothing(String.join("/", path))).run();
    }

    private interface Operation {

        Answer run();
    }

    private Optional<Operation> audit(String method, List<String> path) {
        return shape(method, path).equals("GET") ? Optional.of(admin::audit) : Optional.empty();
    }

    private Optional<Operation> schemas(String method, List<String> path) {
        return shape(method, path).equals("GET *") ? Optional.of(() -> admin.schema(path.get(1))) : Optional.empty();
    }

    private Optional<Operation> encoders(String method, List<String> path, byte[] body) {
        EncoderOperations encoders = admin.encoders();
        return switch (shape(method, path)) {
            case "GET" -> Optional.of(encoders::list);
            case "GET *" -> Optional.of(() -> encoders.get(path.get(1)));
            case "POST" -> Optional.of(() -> encoders.importFolder(stream(body)));
            case "DELETE *" -> Optional.of(() -> encoders.delete(path.get(1)));
            case "GET * lineage" -> Optional.of(() -> encoders.lineage(path.get(1)));
            default -> labels(encoders, method, path, body);
        };
    }

    private static Optional<Operation> labels(EncoderOperations encoders, String method, List<String> path, byte[] body) {
        if (path.size() != 4 || !path.get(2).equals("labels")) {
            return Optional.empty();
        }
        return switch (method) {
            case "PUT" -> Optional.of(() -> encoders.label(path.get(1), path.get(3), stream(body)));
            case "DELETE" -> Optional.of(() -> encoders.unlabel(path.get(1), path.get(3)));
            default -> Optional.empty();
        };
    }

    private Optional<Operation> registry(String method, List<String> path, byte[] body) {
        return switch (method + " " + String.join(" ", path)) {
            case "GET registry verify" -> Optional.of(admin.registry()::verify);
            case "POST registry gc" -> Optional.of(() -> admin.registry().collect(stream(body)));
            default -> Optional.empty();
        };
    }

    private Optional<Operation> pipelines(String method, List<String> path, byte[] body) {
        PipelineOperations pipelines = admin.pipelines();
        return switch (shape(method, path)) {
            case "GET" -> Optional.of(pipelines::list);
            case "GET *" -> Optional.of(() -> pipelines.get(path.get(1)));
            case "POST * preview" -> Optional.of(() -> admin.previews().draw(path.get(1), stream(body)));
            case "GET * text-encoder" -> Optional.of(() -> pipelines.textEncoder(path.get(1)));
            case "GET * text-encoder checksum" -> Optional.of(() -> pipelines.checksum(path.get(1)));
            case "PUT * text-encoder", "POST * text-encoder" -> Optional.of(() -> pipelines.swap(path.get(1), stream(body)));
            case "POST * text-encoder rollback" -> Optional.of(() -> pipelines.rollback(path.get(1), stream(body)));
            case "GET * rollout" -> Optional.of(() -> pipelines.rollout(path.get(1)));
            case "GET * routes" -> Optional.of(() -> admin.routes().list(path.get(1)));
            default -> route(method, path, body);
        };
    }

    private Optional<Operation> route(String method, List<String> path, byte[] body) {
        if (path.size() != 4 || !path.get(2).equals("routes")) {
            return Optional.empty();
        }
        return switch (method) {
            case "GET" -> Optional.of(() -> admin.routes().get(path.get(1), path.get(3)));
            case "PUT" -> Optional.of(() -> admin.routes().put(path.get(1), path.get(3), stream(body)));
            case "DELETE" -> Optional.of(() -> admin.routes().delete(path.get(1), path.get(3)));
            default -> Optional.empty();
        };
    }

    private Optional<Operation> erasures(String method, List<String> path, byte[] body) {
        ErasureOperations erasures = admin.erasures();
        return switch (shape(method, path)) {
            case "POST" -> Optional.of(() -> erasures.start(stream(body)));
            case "GET * report.html" -> Optional.of(() -> erasures.report(path.get(1)));
            case "POST * resume" -> Optional.of(() -> erasures.resume(path.get(1)));
            case "POST * promotion" -> Optional.of(() -> erasures.promote(path.get(1), stream(body)));
            default -> jobs(erasures, method, path);
        };
    }

    private Optional<Operation> evaluations(String method, List<String> path, byte[] body) {
        EvaluationOperations evaluations = admin.evaluations();
        return switch (shape(method, path)) {
            case "POST" -> Optional.of(() -> evaluations.start(stream(body)));
            case "GET * report.html" -> Optional.of(() -> evaluations.report(path.get(1)));
            case "GET * contact-sheet.png" -> Optional.of(() -> evaluations.contactSheet(path.get(1)));
            default -> jobs(evaluations, method, path);
        };
    }

    private Optional<Operation> tracedEncoders(String method, List<String> path, byte[] body) {
        return switch (shape(method, path)) {
            case "GET" -> Optional.of(traced::list);
            case "GET *" -> Optional.of(() -> traced.get(path.get(1)));
            case "PUT *" -> Optional.of(() -> traced.put(path.get(1), body, caller.name()));
            default -> Optional.empty();
        };
    }

    private static Optional<Operation> jobs(JobOperations jobs, String method, List<String> path) {
        return switch (shape(method, path)) {
            case "GET" -> Optional.of(jobs::list);
            case "GET *" -> Optional.of(() -> jobs.get(path.get(1)));
            case "DELETE *" -> Optional.of(() -> jobs.cancel(path.get(1)));
            default -> Optional.empty();
        };
    }

    /** The method and what follows the collection, its second segment (a name) as a star. */
    private static String shape(String method, List<String> path) {
        StringBuilder shape = new StringBuilder(method);
        for (int i = 1; i < path.size(); i++) {
            shape.append(' ').append(i == 1 ? "*" : path.get(i));
        }
        return shape.toString();
    }

    private static InputStream stream(byte[] body) {
        return new ByteArrayInputStream(body);
    }
}
