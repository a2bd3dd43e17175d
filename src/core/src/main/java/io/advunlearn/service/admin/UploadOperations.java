package io.advunlearn.service.admin;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.EncoderUpload;
import io.advunlearn.registry.EncoderUploads;
import io.advunlearn.registry.ReferenceRun;
import io.advunlearn.registry.UploadLimits;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Encoders that arrive in parts: begin, send every file part by part, complete. */
public final class UploadOperations {

    /** Where hosts mount it, below {@link AdminApi#PREFIX}. */
    public static final String PATH = "/uploads";

    /** The largest part, bytes. */
    public static final int PART_BYTES = UploadLimits.PART_BYTES;

    /** How much of a file has come, and how much it has; names of the IETF's draft for resumable uploads. */
    private static final String OFFSET = "Upload-Offset";
    private static final String LENGTH = "Upload-Length";

    private final EncoderUploads uploads;
    private final EncoderRegistry registry;
    private final ReferenceRun references;
    private final AdminLookup lookup;
    private final Identity caller;

    UploadOperations(EncoderUploads uploads, EncoderRegistry registry, ReferenceRun references, AdminLookup lookup, Identity caller) {
        this.caller = caller;
        this.uploads = uploads;
        this.registry = registry;
        this.references = references;
        this.lookup = lookup;
    }

    /** Begins: {@code {"id", "files": [{"name", "size", "sha256"}], "erasures", "parent", "base_digest"}}. */
    public Answer begin(InputStream body) {
        return AdminAnswers.answer(() -> {
            JsonFields fields = lookup.body(body, "id", "files", "erasures", "parent", "base_digest");
            List<JsonFields> files = fields.objects("files", Set.of("name", "size", "sha256"));
            if (files == null) {
                throw new FieldException("files", "missing_required_parameter", "files is required and must list every file's name, size and sha256");
            }
            List<String> erasures = fields.texts("erasures");
            EncoderUpload upload = uploads.begin(fields.requiredText("id", AdminLookup.NAME_CHARACTERS), fields.text("parent", AdminLookup.NAME_CHARACTERS),
                    fields.text("base_digest", AdminLookup.NAME_CHARACTERS), erasures == null ? List.of() : erasures,
                    files.stream().map(UploadOperations::part).toList(), caller.name());
            registry.audit(caller.name(), "upload", upload.encoder(), "begun as " + upload.id());
            return Answer.json(201, describe(upload)).with("Location", AdminApi.PREFIX + PATH + "/" + upload.id());
        });
    }

    private static EncoderUpload.Part part(JsonFields file) {
        Long size = file.integer("size", 1, JsonFields.MAX_SAFE_INTEGER);
        return new EncoderUpload.Part(file.requiredText("name", AdminLookup.NAME_CHARACTERS), size == null ? 0 : size,
                file.requiredText("sha256", AdminLookup.NAME_CHARACTERS));
    }

    private Map<String, Object> describe(EncoderUpload upload) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("upload", upload.id());
        members.put("id", upload.encoder());
        members.put("createdAt", upload.createdAt());
        members.put("partBytes", PART_BYTES);
        members.put("files", upload.files().stream().map(part -> {
            Map<String, Object> file = new LinkedHashMap<>();
            file.put("name", part.name());
            file.put("size", part.size());
            file.put("received", uploads.received(upload, part));
            return file;
        }).toList());
        return members;
    }

    private EncoderUpload found(String id) {
        return uploads.find(id).orElseThrow(
                () -> ProblemException.notFound("there is no upload " + id + "; it may be complete, or was removed because nothing came"));
    }

    /** Those that are not complete. */
    public Answer list() {
        return AdminAnswers.answer(() -> Answer.json(200, Map.of("uploads", uploads.all().stream().map(this::describe).toList())));
    }

    /** How far every file is. */
    public Answer get(String id) {
        return AdminAnswers.answer(() -> Answer.json(200, describe(found(id))));
    }

    /** How far a file is, in headers. */
    public Answer file(String id, String name) {
        return AdminAnswers.answer(() -> {
            EncoderUpload upload = found(id);
            EncoderUpload.Part part = upload.files().stream().filter(each -> each.name().equals(name)).findFirst()
                    .orElseThrow(() -> ProblemException.notFound("upload " + id + " has no file " + name));
            return told(Answer.json(200, Map.of("name", name)), uploads.received(upload, part), part);
        });
    }

    private static Answer told(Answer answer, long received, EncoderUpload.Part part) {
        return answer.with(OFFSET, Long.toString(received)).with(LENGTH, Long.toString(part.size()));
    }

    /** Where a host writes a part that it is receiving, if that part can be taken; otherwise why not. */
    public record Place(Path file, Answer refusal) { }

    /** Before a part is received: whether there is such an upload. */
    public Place place(String id) {
        Path[] file = new Path[1];
        Answer refusal = AdminAnswers.answer(() -> {
            found(id);
            file[0] = uploads.temporary();
            return null;
        });
        return new Place(file[0], refusal);
    }

    /** Appends a part. @param part holds its bytes; the host deletes it */
    public Answer append(String id, String name, long offset, Path part) {
        return AdminAnswers.answer(() -> {
            EncoderUpload upload = found(id);
            long received = uploads.append(upload, name, offset, part);
            Optional<EncoderUpload.Part> file = upload.files().stream().filter(each -> each.name().equals(name)).findFirst();
            return told(Answer.json(200, Map.of("name", name, "received", received)), received, file.orElseThrow());
        });
    }

    /** Registers the encoder. */
    public Answer complete(String id) {
        return AdminAnswers.answer(
                () -> EncoderOperations.registered(registry, uploads.complete(found(id), references, caller.name()), caller.name()));
    }

    /** Gives up. */
    public Answer remove(String id) {
        return AdminAnswers.answer(() -> {
            uploads.remove(found(id).id());
            return Answer.json(200, Map.of("removed", id));
        });
    }
}
