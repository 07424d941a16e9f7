// The sentence beside a field: announced when it changes, and tied to its field.

export default {
  render({ model, el }) {
    const sentence = document.createElement("span");
    sentence.id = `s3-message-${Math.random().toString(36).slice(2)}`;
    sentence.className = "s3-message";
    sentence.setAttribute("role", "status");
    el.append(sentence);

    function draw() {
      const problem = model.get("problem");
      const text = model.get("text");
      sentence.textContent = problem ? `✗ ${text}` : text;
      sentence.classList.toggle("s3-refused", problem);
      for (const field of el.closest(".s3-row")?.querySelectorAll("input, select, textarea") ?? []) {
        field.setAttribute("aria-describedby", sentence.id);
        field.setAttribute("aria-invalid", String(problem));
      }
    }

    draw();
    // The row is put together after its parts.
    const later = setTimeout(draw, 0);
    model.on("change", draw);
    return () => {
      clearTimeout(later);
      model.off("change", draw);
    };
  },
};
