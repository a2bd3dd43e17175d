package io.advunlearn.gateway.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.advunlearn.registry.EncoderExport;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.Garbage;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.registry.RegistryFinding;
import io.advunlearn.service.admin.LabelFilter;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Looks after a registry's directory, also while servers use it. */
@Command(name = "registry", mixinStandardHelpOptions = true, description = "List, show, import, export, verify, label, delete and collect registered encoders.")
final class RegistryCommand implements Callable<Integer> {

    private static final String LABELS = "LABEL";
    private static final JsonMapper JSON = JsonMapper.builder().addModule(new JavaTimeModule()).disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(SerializationFeature.INDENT_OUTPUT).build();

    @Option(names = "--registry", paramLabel = "DIRECTORY", defaultValue = "registry", scope = ScopeType.INHERIT,
            description = "The registry's directory (default: ${DEFAULT-VALUE}).")
    private Path directory;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() {
        throw new ParameterException(command.commandLine(), "say what to do: " + String.join(", ", command.subcommands().keySet()));
    }

    private EncoderRegistry existing() {
        if (!Files.isDirectory(directory.resolve("encoders"))) {
            throw new ParameterException(command.commandLine(), "--registry: " + directory + " is no registry (it has no folder encoders)");
        }
        return open();
    }

    private EncoderRegistry open() {
        return LocalRegistry.open(directory);
    }

    private PrintWriter out() {
        return command.commandLine().getOut();
    }

    private static EncoderManifest found(EncoderRegistry registry, String id) {
        return registry.encoder(id).orElseThrow(() -> new RegistryException("no encoder '" + id + "' is registered"));
    }

    private static Map<String, String> labels(EncoderRegistry registry, String id) {
        try {
            return registry.labels(id);
        } catch (RegistryException e) {
            return Map.of("labels", "cannot be read");
        }
    }

    @Command(mixinStandardHelpOptions = true, description = "One line an encoder: id, digest, erasures, labels.")
    int list(@Option(names = "--label", paramLabel = LABELS,
            description = "Only those with this label: key=value, or key for any value; may be repeated.") List<String> wanted) {
        LabelFilter filter = LabelFilter.of(wanted == null ? List.of() : wanted);
        EncoderRegistry registry = existing();
        for (EncoderManifest manifest : registry.encoders()) {
            Map<String, String> labels = labels(registry, manifest.id());
            if (filter.accepts(labels)) {
                out().printf("%s  %s  %s  %s%n", manifest.id(), manifest.digest().substring(0, 12), manifest.erasures(), labels);
            }
        }
        return 0;
    }

    @Command(mixinStandardHelpOptions = true, description = "An encoder's manifest without its tensors, its labels, and what needs it.")
    int show(@Parameters(paramLabel = "ID") String id) throws JsonProcessingException {
        EncoderRegistry registry = existing();
        EncoderManifest manifest = found(registry, id);
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("id", manifest.id());
        members.put("architecture", manifest.architecture());
        members.put("digest", manifest.digest());
        members.put("base_digest", manifest.baseDigest());
        members.put("parent", manifest.parent());
        members.put("erasures", manifest.erasures());
        members.put("lineage", manifest.history());
        members.put("method", manifest.method());
        members.put("created_at", manifest.createdAt());
        members.put("reference_prompt", manifest.referencePrompt());
        members.put("tensors", manifest.tensors().size());
        members.put("labels", new TreeMap<>(labels(registry, id)));
        members.put("needed_by", registry.references(id));
        out().println(JSON.writeValueAsString(members));
        return 0;
    }

    @Command(name = "import", mixinStandardHelpOptions = true, description = "Register a CLIPTextModel or CLIPTextModelWithProjection folder.")
    int register(@Parameters(paramLabel = "FOLDER") Path folder,
            @Option(names = "--id", required = true, paramLabel = "ID", description = "Id in the registry.") String id,
            @Option(names = "--erasures", split = ",", paramLabel = "CONCEPT", description = "What it has erased, by your word.") List<String> erasures,
            @Option(names = "--parent", paramLabel = "ID", description = "The registered encoder it was trained from, or base.") String parent,
            @Option(names = "--base-digest", paramLabel = "SHA256", description = "Of the model's own encoder.") String baseDigest) {
        EncoderRegistry registry = open();
        EncoderManifest manifest = registry.register(folder, new EncoderRegistry.Registration(id, baseDigest, parent, erasures == null ? List.of() : erasures,
                "imported", LocalRegistry.principal(), null, new float[0]));
        registry.audit(LocalRegistry.principal(), "import", id, manifest.digest());
        out().printf("registered %s  %s%n", id, manifest.digest());
        return 0;
    }

    @Command(mixinStandardHelpOptions = true, description = "Verify an encoder and copy it out, as a CLIPTextModel folder.")
    int export(@Parameters(paramLabel = "ID") String id, @Parameters(paramLabel = "FOLDER", description = "Must not exist, or be empty.") Path folder) {
        EncoderManifest manifest = EncoderExport.to(existing(), id, folder);
        out().printf("%s is in %s  %s%n", id, folder, manifest.digest());
        return 0;
    }

    @Command(mixinStandardHelpOptions = true, description = "Check every digest, manifest, label, state and audit line; exit code 1 if something is wrong.")
    int verify(@Parameters(paramLabel = "ID", arity = "0..1", description = "Only this encoder.") String id) {
        EncoderRegistry registry = existing();
        List<RegistryFinding> findings = id == null ? registry.check() : List.of(finding(registry, id));
        findings.forEach(finding -> out().printf("%-6s %s: %s%n", finding.ok() ? "ok" : "WRONG", finding.what(), finding.detail()));
        return findings.stream().allMatch(RegistryFinding::ok) ? 0 : 1;
    }

    private static RegistryFinding finding(EncoderRegistry registry, String id) {
        try {
            return new RegistryFinding(true, "encoder " + id, registry.verify(id).digest());
        } catch (RegistryException e) {
            return new RegistryFinding(false, "encoder " + id, e.getMessage());
        }
    }

    @Command(mixinStandardHelpOptions = true, description = "Set and remove labels; keep=true protects an encoder from delete and gc.")
    int label(@Parameters(paramLabel = "ID") String id, @Parameters(index = "1..*", arity = "0..*", paramLabel = "KEY=VALUE") Map<String, String> set,
            @Option(names = "--remove", paramLabel = "KEY", description = "Take a label away; may be repeated.") List<String> remove) {
        Map<String, String> changes = new HashMap<>(set == null ? Map.of() : set);
        if (remove != null) {
            remove.forEach(key -> changes.put(key, null));
        }
        EncoderRegistry registry = existing();
        out().println(id + "  " + (changes.isEmpty() ? registry.labels(id) : registry.label(id, changes, LocalRegistry.principal())));
        return 0;
    }

    @Command(mixinStandardHelpOptions = true, description = "Delete an encoder that nothing needs; what needs it is told otherwise.")
    int delete(@Parameters(paramLabel = "ID") String id) {
        existing().delete(id, LocalRegistry.principal());
        out().println("deleted " + id);
        return 0;
    }

    @Command(mixinStandardHelpOptions = true, description = "List what nobody needs: old encoders without references, abandoned uploads, what crashes left.")
    int gc(@Option(names = "--older-than", paramLabel = "AGE", defaultValue = "30d", converter = AgeConverter.class,
            description = "Age of the encoders, for example 12h (default: ${DEFAULT-VALUE}).") Duration age,
            @Option(names = "--delete", description = "Remove it, instead of only listing it.") boolean delete) {
        EncoderRegistry registry = existing();
        Garbage.Ages ages = Garbage.Ages.DEFAULT.withEncoders(age);
        List<Garbage> garbage = delete ? registry.collect(ages, LocalRegistry.principal()) : registry.garbage(ages);
        garbage.forEach(each -> out().printf("%s %s %s, %d bytes: %s%n", delete ? "removed" : "would remove", each.kind(), each.name(),
                each.bytes(), each.reason()));
        out().printf("%s%d bytes%s%n", delete ? "freed " : "", garbage.stream().mapToLong(Garbage::bytes).sum(), delete ? "" : " to free with --delete");
        return 0;
    }
}
